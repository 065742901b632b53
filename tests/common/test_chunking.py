"""Chunks know exactly where they stand, and nothing is lost between them."""

from __future__ import annotations

import random

import pytest

from sluice.chunking import SEPARATOR, split
from sluice.domain import Block, Chunk

ALPHABET = "abc de. f\n\ng?  h\n日本。 é\t!x y z"


def test_a_short_text_is_one_chunk() -> None:
    """What fits is not cut, and the white space around it is left out."""
    assert split([Block("\n Hello there. \n", page=3, heading="Hi")], size=200, overlap=20) == [
        Chunk(0, "Hello there.", 2, 14, page=3, heading="Hi")
    ]


def test_blank_blocks_make_no_chunks() -> None:
    """White space alone is nothing to find."""
    assert split([Block(""), Block(" \n ", page=1)], size=200, overlap=20) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("one two.\nthree\n\nfour five six", "one two.\nthree"),
        ("one. two three\nfour five six seven", "one. two three"),
        ("one two three. Four five six seven", "one two three."),
        ("one two three four five six seven", "one two three four"),
        ("吾輩は猫である。名前はまだ無い。どこで生れたかとんと", "吾輩は猫である。名前はまだ無い。"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrst"),
    ],
    ids=["paragraph", "line", "sentence", "word", "sentence without spaces", "nothing"],
)
def test_a_cut_falls_at_the_strongest_boundary(text: str, first: str) -> None:
    """Paragraphs are kept whole before lines, lines before sentences, sentences before words."""
    assert split([Block(text)], size=20, overlap=0)[0].content == first


def test_a_chunk_repeats_the_end_of_the_one_before() -> None:
    """The overlap begins at a word, so that no repeated piece begins in the middle of one."""
    contents = [chunk.content for chunk in split([Block("one two three four five six")], size=16, overlap=7)]

    assert contents == ["one two three", "three four five", "five six"]


def test_blocks_of_one_place_share_a_chunk() -> None:
    """Small blocks under the same heading of the same page are read together."""
    blocks = [Block("One.", 1, "A"), Block("Two.", 1, "A"), Block("Three.", 2, "A"), Block("Four.", 2, "B")]

    assert split(blocks, size=200, overlap=20) == [
        Chunk(0, "One.\n\nTwo.", 0, 10, 1, "A"),
        Chunk(1, "Three.", 12, 18, 2, "A"),
        Chunk(2, "Four.", 20, 25, 2, "B"),
    ]


@pytest.mark.parametrize("overlap", [-1, 50, 200])
def test_an_overlap_of_half_a_chunk_is_refused(overlap: int) -> None:
    """A splitter that repeats as much as it advances would never end."""
    with pytest.raises(ValueError, match=f"overlap of {overlap} characters"):
        split([Block("text")], size=100, overlap=overlap)


@pytest.mark.parametrize("seed", range(60))
def test_every_character_is_in_a_chunk_at_its_offset(seed: int) -> None:
    """For any blocks and sizes: offsets are exact, sizes hold, places are not mixed, and nothing is lost."""
    chance = random.Random(seed)  # noqa: S311 # the same texts every time are what is wanted
    blocks = [_block(chance) for _ in range(chance.randrange(12))]
    size = chance.randrange(4, 120)
    text = SEPARATOR.join(block.text for block in blocks)

    chunks = split(blocks, size=size, overlap=chance.randrange((size + 1) // 2))

    covered: set[int] = set()
    places = _places(blocks)
    for ordinal, chunk in enumerate(chunks):
        inside = [place for place in range(chunk.start, chunk.end) if not text[place].isspace()]
        assert (chunk.ordinal, chunk.content) == (ordinal, text[chunk.start : chunk.end])
        assert 0 < len(chunk.content) <= size
        assert chunk.content == chunk.content.strip()
        assert {places[place] for place in inside} == {(chunk.page, chunk.heading)}
        covered.update(inside)
    assert covered == {place for place, character in enumerate(text) if not character.isspace()}


def _block(chance: random.Random) -> Block:
    text = "".join(chance.choices(ALPHABET, k=chance.choice([0, 3, 40, 400])))
    return Block(text, chance.choice([None, 1, 2]), chance.choice([None, "A"]))


def _places(blocks: list[Block]) -> dict[int, tuple[int | None, str | None]]:
    """Return the page and heading of every character of the joined text."""
    places: dict[int, tuple[int | None, str | None]] = {}
    position = 0
    for block in blocks:
        places.update(dict.fromkeys(range(position, position + len(block.text)), (block.page, block.heading)))
        position += len(block.text) + len(SEPARATOR)
    return places
