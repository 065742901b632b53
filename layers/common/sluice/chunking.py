"""Splits what a parser read into overlapping chunks that know exactly where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sluice.domain import Block, Chunk

SEPARATOR = "\n\n"

# Where a cut may fall, the best place first: after a paragraph, a line, a sentence, a word.
_BOUNDARIES: tuple[re.Pattern[str], ...] = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…]['\"”’»)\]]*\s|[。！？]"),
    re.compile(r"\s"),
)

_Span = tuple[int, int]


def split(blocks: Sequence[Block], *, size: int, overlap: int) -> list[Chunk]:
    """Return chunks of at most `size` characters, each repeating up to `overlap` characters of the one before it.

    With `text = "\\n\\n".join(block.text for block in blocks)`, `text[chunk.start:chunk.end] == chunk.content`.
    A chunk never spans two pages or two headings, and every character that is not white space is in some chunk.
    """
    if not 0 <= overlap < size / 2:
        raise ValueError(f"an overlap of {overlap} characters must be less than half of the size of {size}")
    text = SEPARATOR.join(block.text for block in blocks)
    chunks: list[Chunk] = []
    for place, span in _places(blocks):
        for start, end in _cut(text, span, size, overlap):
            chunks.append(Chunk(len(chunks), text[start:end], start, end, place.page, place.heading))
    return chunks


def _places(blocks: Sequence[Block]) -> Iterator[tuple[Block, _Span]]:
    """Yield each run of blocks with the same page and heading as its first block and its span in the joined text."""
    first: Block | None = None
    start = end = position = 0
    for block in blocks:
        if first is not None and (first.page, first.heading) != (block.page, block.heading):
            yield first, (start, end)
            first = None
        if first is None:
            first, start = block, position
        end = position + len(block.text)
        position = end + len(SEPARATOR)
    if first is not None:
        yield first, (start, end)


def _cut(text: str, span: _Span, size: int, overlap: int) -> Iterator[_Span]:
    """Yield the trimmed spans of the chunks of one place."""
    start, end = _trim(text, span)
    while start < end:
        stop = end if end - start <= size else _boundary(text, start + size // 2, start + size)
        yield _trim(text, (start, stop))
        if stop == end:
            return
        rest, _ = _trim(text, (stop, end))
        start = min(rest, _resume(text, stop, overlap))


def _boundary(text: str, low: int, high: int) -> int:
    """Return the best place to cut in `text[low:high]`: the last one of the strongest kind that occurs there."""
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, low, high)]
        if ends:
            return ends[-1]
    return high


def _resume(text: str, stop: int, overlap: int) -> int:
    """Return where the next chunk begins: at a word, at most `overlap` characters before `stop`."""
    for boundary in reversed(_BOUNDARIES[2:]):
        match = boundary.search(text, stop - overlap, stop)
        if match and match.end() < stop:
            return match.end()
    return stop - overlap


def _trim(text: str, span: _Span) -> _Span:
    """Return the span without the white space at its ends."""
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
