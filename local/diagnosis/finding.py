"""What was found out about one part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say how the part is; where it is not well, also what to do."""

    part: str
    well: bool
    words: str
