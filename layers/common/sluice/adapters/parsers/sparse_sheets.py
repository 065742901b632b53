"""Reads the sheets of an XLSX cell by cell: where they lie far apart, and where calamine reads none of them.

calamine takes memory for the whole rectangle around a sheet's cells, which may be 1,048,576 rows of 16,384 columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive, elements_of_xml
from sluice.adapters.parsers.cell_formats import CellFormats
from sluice.adapters.parsers.cells import joined, spaced
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.packages import relations, tag
from sluice.adapters.parsers.workbook_parts import Sheet

_MOST_CELLS = 8_000_000
_COLUMNS = 16_384
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\sr="(\d{1,9})"')
_COLUMN = re.compile(rb'\sr="([A-Z]{1,4})\d')
_REFERENCE = re.compile(r"([A-Z]{1,4})\d*")


def lie_far_apart(sheet: bytes) -> bool:
    """Return whether the rectangle around the cells is too large to hold, whatever the sheet says of its size."""
    rows = [int(row) for row in _ROW.findall(sheet)]
    height = max(rows, default=0) - min(rows, default=0) + 1
    if height * _COLUMNS <= _MOST_CELLS:
        return False
    columns = [_number(column.decode()) for column in set(_COLUMN.findall(sheet))]
    return height * (max(columns, default=0) - min(columns, default=0) + 1) > _MOST_CELLS


class SparseSheets:
    """The cells of a workbook, whose strings and styles are shared by all its sheets."""

    def __init__(self, archive: Archive, workbook: str, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._strings: list[str] = []
        self._formats = CellFormats()
        for kind, part in relations(archive, workbook).values():
            if kind == "sharedStrings":
                self._strings = [_text(item) for item in self._elements(part, "si")]
            elif kind == "styles":
                self._formats = CellFormats(archive.xml(part), from_1904=_counts_from_1904(archive.xml(workbook)))

    def text(self, sheet: Sheet) -> str:
        """Return a line for each row that holds something; raise `DocumentError`."""
        lines, characters = [], 0
        for row in self._elements(sheet.part, "row"):
            if line := joined(spaced(self._values(row))):
                characters += len(line) + 1
                self._limits.check_characters(characters)
                lines.append(line)
        return clean("\n".join(lines))

    def _elements(self, part: str, name: str) -> Iterator[Element]:
        """Yield the elements of this name, and let go of each: all together would take many times the part's size."""
        above: list[Element] = []
        for event, element in elements_of_xml(self._archive.read(part), part):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            if tag(element) == name:
                yield element
                del above[-1][:]

    def _values(self, row: Element) -> Iterator[tuple[int, str]]:
        """Yield the cells that hold something with the numbers of their columns, which a cell may leave out."""
        column = 0
        for cell in row:
            if value := self._value(cell):
                reference = _REFERENCE.match(cell.get("r", ""))
                column = _number(reference[1]) if reference else column + 1
                yield column, value

    def _value(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        value = next((inner.text or "" for inner in cell if tag(inner) == "v"), "")
        if kind == "inlineStr":
            return _text(cell)
        if kind == "s":
            return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""
        if kind == "b":
            return str(value == "1")
        if kind == "e":
            return ""
        return self._formats.written(value, cell.get("s", "")) if kind == "n" and value else one_line(value)


def _counts_from_1904(workbook: Element) -> bool:
    properties = (element for element in workbook if tag(element) == "workbookPr")
    return any(element.get("date1904") in ("1", "true") for element in properties)


def _number(letters: str) -> int:
    """Return the number of the column that is named by letters, from 1."""
    total = 0
    for letter in letters:
        total = total * 26 + ord(letter) - 64
    return total


def _text(element: Element) -> str:
    """Return the text in one line, without readings above it."""
    pieces = []
    for inner in element:
        if tag(inner) == "t":
            pieces.append(inner.text or "")
        elif tag(inner) in ("r", "is"):
            pieces.append(_text(inner) if tag(inner) == "is" else "".join(t.text or "" for t in inner if tag(t) == "t"))
    return one_line("".join(pieces))
