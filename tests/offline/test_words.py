"""Splitting text into words and sentences."""

from __future__ import annotations

import pytest

from sluice import words
from sluice.adapters.offline import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Pump-House, No. 7.", ["the", "pump", "house", "no", "7"]),
        ("snake_case x2", ["snake", "case", "x2"]),
        ("Café Ångström", ["cafe", "angstrom"]),
        ("Der Fluß", ["der", "fluß"]),
        ("Привет, мир", ["привет", "мир"]),
        ("水は流れる", ["水は", "は流", "流れ", "れる"]),
        ("水", ["水"]),
        ("AWS料金", ["aws", "料金"]),
        ("서울 시", ["서울", "시"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("🙂 -- !", []),
        ("", []),
    ],
)
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    """Lower case, no accents, no punctuation; unspaced scripts yield pairs of characters."""
    assert words.split(text) == expected


def test_words_keep_their_accents_where_asked_for() -> None:
    """As a search finds them: written in one way, whether a letter came composed or not."""
    assert words.split("Cafe\u0301 Ångström, какой", accents=True) == ["café", "ångström", "какой"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Ada met Mr. B. Smith at 5 p.m. in St. Ives. They left.",
            ["Dr. Ada met Mr. B. Smith at 5 p.m. in St. Ives.", "They left."],
        ),
        ("See Fig. 3, e.g. the pump. It leaks.", ["See Fig. 3, e.g. the pump.", "It leaks."]),
        ("It costs 3.50 a day. Good.", ["It costs 3.50 a day.", "Good."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("wrapped\nover lines. Next", ["wrapped over lines.", "Next"]),
        ("Heading\n\nText here", ["Heading", "Text here"]),
        ("- first\n- second", ["- first", "- second"]),
        ("1. Open it.\n2. Close it.", ["1. Open it.", "2. Close it."]),
        ("lower case . next one .", ["lower case .", "next one ."]),
        ("水は流れる。火は燃える！", ["水は流れる。", "火は燃える！"]),
        ("no end", ["no end"]),
        (" \n ", []),
    ],
)
def test_sentences_survive_abbreviations_and_line_ends(text: str, expected: list[str]) -> None:
    """A stop ends a sentence unless it belongs to an abbreviation, an initial, a number or a list."""
    assert list(sentences.split(text)) == expected
