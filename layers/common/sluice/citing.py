"""Citations: the sentence of a passage that fits the question, and the markers `[n]` of an answer as it streams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sluice.domain import Passage, Source
from sluice.events import SourceCited, TextAdded
from sluice.markers import MARKER, numbers

QUOTE_CHARACTERS = 300

_UNFINISHED_MARKER = re.compile(r"\[[\d,\s]{0,20}$")
_SENTENCE = re.compile(r"\S.*?(?:[.!?。！？]+(?=\s|$)|(?=\n\s*\n)|$|(?<=[。！？]))", re.DOTALL)
_WORD = re.compile(r"\w{2,}")


def number(passages: Sequence[Passage], question: str) -> tuple[Source, ...]:
    """Return the passages as numbered sources, each with the sentence that shares most with the question."""
    wanted = _words(question)
    return tuple(_source(index, passage, wanted) for index, passage in enumerate(passages, start=1))


class Citations:
    """Follows an answer's text and tells which source each marker cites; a marker of no source is taken out."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = {source.id: source for source in sources}
        self._held = ""
        self.cited: dict[int, Source] = {}

    def feed(self, text: str) -> Iterator[TextAdded | SourceCited]:
        """Yield the text that is settled, and each source when it is cited first; hold back half a marker."""
        text = self._held + text
        unfinished = _UNFINISHED_MARKER.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return self._settle(text[:cut])

    def end(self) -> Iterator[TextAdded | SourceCited]:
        """Yield what was held back; the answer is over."""
        held, self._held = self._held, ""
        return self._settle(held)

    def _settle(self, text: str) -> Iterator[TextAdded | SourceCited]:
        known = MARKER.sub(self._without_strangers, text)
        if known:
            yield TextAdded(known)
        for marker in MARKER.finditer(known):
            yield from self._cite(numbers(marker))

    def _without_strangers(self, marker: re.Match[str]) -> str:
        known = [str(number) for number in numbers(marker) if number in self._sources]
        return f"[{', '.join(known)}]" if known else ""

    def _cite(self, ids: Sequence[int]) -> Iterator[SourceCited]:
        for number in ids:
            if number not in self.cited:
                self.cited[number] = self._sources[number]
                yield SourceCited(self._sources[number])


def _source(index: int, passage: Passage, wanted: set[str]) -> Source:
    start, quote = _best_sentence(passage.content, wanted)
    return Source(
        id=index,
        document_id=passage.document_id,
        title=passage.title,
        source=passage.source,
        page=passage.page,
        start=passage.start + start,
        end=passage.start + start + len(quote),
        quote=quote,
        score=passage.score,
    )


def _best_sentence(content: str, wanted: set[str]) -> tuple[int, str]:
    """Return the offset and the text of the sentence with most of the wanted words; the first one if none has any.

    A long sentence is cut, so that the quote always stands in the content as it is.
    """
    sentences = [(match.start(), match[0].rstrip()) for match in _SENTENCE.finditer(content)] or [(0, content)]
    start, sentence = max(sentences, key=lambda each: len(wanted & _words(each[1])))
    return start, sentence[:QUOTE_CHARACTERS]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
