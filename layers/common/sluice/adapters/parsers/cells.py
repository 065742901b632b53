"""Writes the cells of sheets, whichever program stored them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# More empty cells side by side than a reader could count.
_GAP = re.compile(r"\|(?:  ?\|){8,}")
_WIDE = 100
WIDEST_GAP = 8
# From here on floating point has no units.
_NO_UNITS = 1e15


def joined(values: Iterable[str]) -> str:
    """Return a row as one line, without what is empty at its ends; many empty cells become one."""
    line = " | ".join(values).strip(" |")
    return _GAP.sub("|", line) if len(line) > _WIDE else line


def spaced(cells: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yield cells by their columns with the empty ones between them, of which no reader needs more than a few."""
    last = 0
    for column, value in cells:
        yield from [""] * min(WIDEST_GAP, max(0, column - last - 1))
        yield value
        last = column


def number(value: float) -> str:
    """Return a number as a sheet shows it in its plainest format: in 15 digits, whole ones without a fraction."""
    return str(int(value)) if value.is_integer() and abs(value) < _NO_UNITS else f"{value:.15g}"
