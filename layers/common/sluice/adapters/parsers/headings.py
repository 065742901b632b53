"""Keeps the path of headings under which a text stands: `Install > Linux`."""

from __future__ import annotations

from sluice.domain import Block


class Outline:
    """Collects a document's lines into one block a heading."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._headings: list[str] = []
        self._lines: list[str] = []
        self._blocks: list[Block] = []

    def add(self, line: str) -> None:
        self._lines.append(line)

    def enter(self, level: int, heading: str) -> None:
        """Begin the section under a heading of this level (1 is the highest); the heading is its first line.

        A heading without text of its own stands before the next one, since alone it would answer nothing.
        """
        if any(line.strip() for line in self._lines):
            self._close()
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, heading))
        self._headings.append(heading)
        self._lines = []

    def blocks(self) -> tuple[Block, ...]:
        self._close()
        return tuple(self._blocks)

    def _close(self) -> None:
        text = "\n\n".join([*self._headings, "\n".join(self._lines).strip("\n")]).strip("\n")
        if text.strip():
            heading = " > ".join(title for _, title in self._path) or None
            self._blocks.append(Block(text, heading=heading))
        self._headings, self._lines = [], []
