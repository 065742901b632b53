"""Reads CSV and its relatives: the rows as they were written, under the names of their columns."""

from __future__ import annotations

import csv
import re

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument

_DELIMITERS = ",;\t|"
# Tells Excel what parts the columns.
_SEPARATOR = re.compile(r"\Asep=.\n", re.IGNORECASE)
_SAMPLE = 16_384
_LONGEST_HEADING = 300


def read(text: str, limits: Limits) -> ParsedDocument:
    """Return the rows as one block; its heading names the columns, so that each of its chunks knows them."""
    limits.check_characters(len(text))
    cleaned = _SEPARATOR.sub("", clean(text))
    first, _, rest = cleaned.partition("\n")
    columns = _columns(first) if rest.strip() else None
    return ParsedDocument("csv", (Block(cleaned, heading=columns),))


def _columns(line: str) -> str | None:
    """Return the names in the first row; None when it has only one column, or a number where a name would be."""
    delimiter = max(_DELIMITERS, key=line[:_SAMPLE].count)
    try:
        cells = next(csv.reader([line[:_SAMPLE]], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None
    names = [one_line(cell) for cell in cells]
    is_header = len(names) > 1 and all(name and not name[0].isdecimal() for name in names)
    return ", ".join(names)[:_LONGEST_HEADING] if is_header else None
