"""Splits what a parser read into overlapping chunks that know exactly where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

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
    """Return the chunks of a document that is known whole; see `Splitter`."""
    splitter = Splitter(size=size, overlap=overlap)
    return [*splitter.add(blocks), *splitter.end()]


class Splitter:
    """Makes chunks of at most `size` characters, each repeating up to `overlap` characters of the one before it.

    With `text = "\\n\\n".join(block.text for block in blocks)`, `text[chunk.start:chunk.end] == chunk.content`.
    A chunk never spans two pages or two headings, and every character that is not white space is in some chunk.
    Chunks come out as soon as their place is complete, so that a document can be split while it is read.
    """

    def __init__(self, *, size: int, overlap: int) -> None:
        if not 0 <= overlap < size / 2:
            raise ValueError(f"an overlap of {overlap} characters must be less than half of the size of {size}")
        self._size = size
        self._overlap = overlap
        self._place: list[Block] = []
        self._start = 0
        self._count = 0

    def add(self, blocks: Iterable[Block]) -> list[Chunk]:
        """Take the next blocks and return the chunks of the places that they complete."""
        chunks: list[Chunk] = []
        for block in blocks:
            if self._place and (self._place[0].page, self._place[0].heading) != (block.page, block.heading):
                chunks += self.end()
            self._place.append(block)
        return chunks

    def end(self) -> list[Chunk]:
        """Return the chunks of the place that is not complete yet."""
        if not self._place:
            return []
        first, text, offset = self._place[0], SEPARATOR.join(block.text for block in self._place), self._start
        chunks = [
            Chunk(ordinal, text[start:end], offset + start, offset + end, first.page, first.heading)
            for ordinal, (start, end) in enumerate(_cut(text, self._size, self._overlap), self._count)
        ]
        self._place, self._start, self._count = [], offset + len(text) + len(SEPARATOR), self._count + len(chunks)
        return chunks


def _cut(text: str, size: int, overlap: int) -> Iterator[_Span]:
    """Yield the trimmed spans of the chunks of one place."""
    start, end = _trim(text, (0, len(text)))
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
