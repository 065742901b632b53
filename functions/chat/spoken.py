"""Where in an answer's text its markers stand, for protocols that cite by character offsets."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice.domain import Source
from sluice.markers import MARKER, numbers


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
        spans = [marker.span() for marker in MARKER.finditer(text) if source.id in numbers(marker)]
        cited = Cited(source, *(spans[-1] if spans else (len(text), len(text))))
        self.cited.append(cited)
        return cited
