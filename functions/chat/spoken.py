"""Where in an answer's text its markers stand, for protocols that cite by character offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sluice.domain import Source

_MARKER = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")


@dataclass(frozen=True, slots=True)
class Cited:
    """A source and the marker that cites it: characters `start` to `end` of the answer's text."""

    source: Source
    start: int
    end: int


@dataclass(slots=True)
class Spoken:
    """The text of an answer so far."""

    pieces: list[str] = field(default_factory=list)
    cited: list[Cited] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def cite(self, source: Source) -> Cited:
        """Return where the source was cited just now: by the last marker that names it."""
        text = self.text
        spans = [m.span() for m in _MARKER.finditer(text) if source.id in map(int, m[1].split(","))]
        cited = Cited(source, *(spans[-1] if spans else (len(text), len(text))))
        self.cited.append(cited)
        return cited
