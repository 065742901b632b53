"""Counts the rows and columns of a sheet anew, so that those without cells take no place."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.adapters.parsers.cells import WIDEST_GAP
from sluice.errors import DocumentTooLarge

MOST_CELLS = 8_000_000


def drawn_lines(rows: Iterable[int], columns: Iterable[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return new numbers for the rows and columns that are used, with narrow gaps between the columns.

    Raises `DocumentTooLarge` for a sheet that is too large to hold all the same.
    """
    new_rows, new_columns = _numbered(rows, widest=0), _numbered(columns, widest=WIDEST_GAP)
    height, width = len(new_rows), max(new_columns.values(), default=-1) + 1
    if height * width > MOST_CELLS:
        raise DocumentTooLarge(
            f"A sheet has {height:,} rows of {width:,} columns; at most {MOST_CELLS:,} cells are read."
        )
    return new_rows, new_columns


def _numbered(used: Iterable[int], *, widest: int) -> dict[int, int]:
    """Return the numbers anew from 0, with gaps between them no wider than this."""
    numbers: dict[int, int] = {}
    last = following = -1
    for number in sorted(set(used)):
        following += 1 + min(widest, number - last - 1)
        numbers[number], last = following, number
    return numbers
