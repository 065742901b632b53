"""Reads the sheets of an OpenDocument workbook row by row, however far apart their cells lie."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import elements_of_xml
from sluice.adapters.parsers.cells import joined, number
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.open_styles import Styles, hides
from sluice.adapters.parsers.open_text import cell_text, remark
from sluice.adapters.parsers.packages import attribute, tag
from sluice.domain import Block, ParsedDocument

_PART = "content.xml"
# A row or cell that stands for many like it is written so often.
_MOST_REPEATED = 100
_NO_STYLES = Styles(())
_MIDNIGHT = "T00:00:00"
_MOST_DIGITS = 9


def read(content: bytes, limits: Limits) -> ParsedDocument:
    """Return one block a sheet, hidden ones left out; raise `DocumentError`."""
    reader = _Reader(limits)
    reader.read(content)
    blocks = (Block(text, page, name or None) for page, (name, text) in enumerate(reader.sheets, 1) if text)
    return ParsedDocument("ods", tuple(blocks), pages=len(reader.sheets))


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.sheets: list[tuple[str, str]] = []
        self._limits = limits
        self._characters = 0
        self._hidden: set[str] = set()
        self._lines: list[str] = []
        self._remarks: list[str] = []

    def read(self, content: bytes) -> None:
        """Let go of each row once it is written: all of them together would take many times the file's size."""
        above: list[Element] = []
        for event, element in elements_of_xml(content, _PART):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            match tag(element):
                case "style" if hides(element):
                    self._hidden.add(attribute(element, "name") or "")
                case "table-row":
                    self._row(element)
                    _let_go(above[-1])
                case "table" if not any(tag(outer) == "table" for outer in above):
                    self._end_sheet(element)
                    _let_go(above[-1])

    def _row(self, row: Element) -> None:
        remarks = (remark(inner, _NO_STYLES) for inner in row.iter() if tag(inner) == "annotation")
        self._remarks += filter(None, remarks)
        line = joined(value for cell in row for value in _values(cell))
        if not line:
            return
        for _ in range(_repeated(row, "number-rows-repeated")):
            self._characters += len(line) + 1
            self._limits.check_characters(self._characters)
            self._lines.append(line)

    def _end_sheet(self, table: Element) -> None:
        text = clean("\n\n".join(filter(None, ("\n".join(self._lines), "\n".join(self._remarks)))))
        self._lines, self._remarks = [], []
        if attribute(table, "style-name") not in self._hidden:
            self.sheets.append((one_line(attribute(table, "name") or ""), text))
            self._limits.check_pages(len(self.sheets), "sheets")


def _let_go(element: Element) -> None:
    """Forget the children only: a table's name is needed at its end."""
    del element[:]


def _values(cell: Element) -> list[str]:
    if tag(cell) == "covered-table-cell":
        return [""]
    return [_value(cell)] * _repeated(cell, "number-columns-repeated")


def _value(cell: Element) -> str:
    """Write numbers and dates as other workbooks have them, and the rest as the sheet shows it."""
    kind, value = attribute(cell, "value-type"), attribute(cell, "value")
    if kind == "date" and (date := attribute(cell, "date-value")):
        return date.removesuffix(_MIDNIGHT)
    if kind == "float" and value:
        return _number(value)
    return cell_text(cell, _NO_STYLES) or one_line(attribute(cell, "string-value") or "")


def _number(value: str) -> str:
    try:
        return number(float(value))
    except (ValueError, OverflowError):
        return one_line(value)


def _repeated(element: Element, name: str) -> int:
    times = attribute(element, name) or "1"
    return min(int(times), _MOST_REPEATED) if times.isdecimal() and len(times) <= _MOST_DIGITS else 1
