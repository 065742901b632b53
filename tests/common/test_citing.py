"""Quotes and markers."""

from __future__ import annotations

from uuid import UUID

import pytest

from sluice.citing import Citations, number
from sluice.domain import Passage, Source
from sluice.events import SourceCited, TextAdded

DOCUMENT = UUID(int=1)


def passage(content: str, *, start: int = 0) -> Passage:
    return Passage(
        chunk_id=UUID(int=2),
        document_id=DOCUMENT,
        source="s3://bucket/whales.pdf",
        title="Whales",
        content=content,
        start=start,
        end=start + len(content),
        score=0.03,
        similarity=0.8,
        page=7,
    )


def source(id: int) -> Source:  # noqa: A002 - the field's name
    return Source(id, DOCUMENT, "Whales", "s3://bucket/whales.pdf", 7, 0, 10, "A sentence", 0.03)


def test_a_source_quotes_the_sentence_that_shares_most_with_the_question() -> None:
    """The span of the quote points into the document, not into the passage."""
    content = "Whales are mammals. Blue whales eat krill, four tonnes a day! They sing."

    sources = number([passage(content, start=100)], "How much krill do blue whales eat?")

    quote = "Blue whales eat krill, four tonnes a day!"
    assert sources == (Source(1, DOCUMENT, "Whales", "s3://bucket/whales.pdf", 7, 120, 120 + len(quote), quote, 0.03),)


@pytest.mark.parametrize(
    "content",
    [
        "One line without an end",
        "第一句。第二句有鲸鱼。",
        "Heading\n\nBody follows. More",
        "  \n spaced. out ",
        "x" * 900,
    ],
)
def test_a_quote_always_stands_in_the_passage_at_its_span(content: str) -> None:
    """Whatever the text looks like, a reader can find the quote."""
    [found] = number([passage(content, start=50)], "鲸鱼 body")

    assert content[found.start - 50 : found.end - 50] == found.quote != ""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_markers_are_told_once_each_however_the_text_is_cut(size: int) -> None:
    """A marker split over deltas is the same marker."""
    text = "Krill [1]. Sonar [2, 1] and more [1][3]."
    citations = Citations([source(1), source(2), source(3)])

    events = [event for at in range(0, len(text), size) for event in citations.feed(text[at : at + size])]
    events += citations.end()

    assert "".join(event.text for event in events if isinstance(event, TextAdded)) == text
    assert [event.source.id for event in events if isinstance(event, SourceCited)] == [1, 2, 3]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_marker_of_no_source_is_taken_out(size: int) -> None:
    """A model that invents a citation does not get it through."""
    text = "Krill [9]. Sonar [2, 9], list[0] and [see]."
    citations = Citations([source(1), source(2)])

    events = [event for at in range(0, len(text), size) for event in citations.feed(text[at : at + size])]
    events += citations.end()

    assert "".join(event.text for event in events if isinstance(event, TextAdded)) == (
        "Krill . Sonar [2], list and [see]."
    )
    assert list(citations.cited) == [2]


def test_half_a_marker_at_the_end_is_text() -> None:
    """What was held back comes out when the answer is over."""
    citations = Citations([source(1)])

    events = [*citations.feed("Sonar [1"), *citations.end()]

    assert events == [TextAdded("Sonar "), TextAdded("[1")]
