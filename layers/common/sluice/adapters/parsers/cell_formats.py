"""Tells which numbers of an XLSX are dates, by the formats of its styles (ECMA-376, part 1, section 18.8.30)."""

from __future__ import annotations

import datetime
import re
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cells import number
from sluice.adapters.parsers.packages import tag

_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
# What a format writes as it is, colours, conditions, and time that has passed.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general', re.IGNORECASE)
_OF_DATES = re.compile("[dmyhs]", re.IGNORECASE)
# What day 0 is, in the workbooks of Windows and of the first Macs.
_FIRST_DAYS = (datetime.datetime(1899, 12, 30), datetime.datetime(1904, 1, 1))  # noqa: DTZ001 - sheets have no zones
_LAST_NUMBER = 2_958_466


class CellFormats:
    """What the cells' styles, which cells name by their place in a list, say of numbers."""

    def __init__(self, styles: Element | None = None, *, from_1904: bool = False) -> None:
        self._first_day = _FIRST_DAYS[from_1904]
        self._are_dates: list[bool] = []
        if styles is None:
            return
        own = {element.get("numFmtId"): _is_date(element.get("formatCode", "")) for element in _named(styles, "numFmt")}
        for formats in _named(styles, "cellXfs"):
            for format_ in formats:
                identifier = format_.get("numFmtId", "0")
                built_in = identifier.isdecimal() and int(identifier) in _BUILT_IN
                self._are_dates.append(own.get(identifier, built_in))

    def written(self, value: str, style: str) -> str:
        """Return a number as text; as a date where its style shows one."""
        try:
            amount = float(value)
            is_date = self._are_dates[int(style)] if style else False
        except (ValueError, IndexError):
            return value
        return _written(amount, self._first_day, is_date=is_date)


def written_as(value: str, code: str) -> str:
    """Return a number as text, as a date where its format shows one; raise `ValueError` for what is no number."""
    return _written(float(value), _FIRST_DAYS[False], is_date=_is_date(code))


def _written(amount: float, first_day: datetime.datetime, *, is_date: bool) -> str:
    return _date(amount, first_day) if is_date and 0 <= amount < _LAST_NUMBER else number(amount)


def _named(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if tag(element) == name]


def _is_date(code: str) -> bool:
    return bool(_OF_DATES.search(_LITERAL.sub("", code)))


def _date(days: float, first_day: datetime.datetime) -> str:
    moment = first_day + datetime.timedelta(seconds=round(days * 86_400))
    if days < 1:
        return str(moment.time())
    return moment.date().isoformat() if moment.time() == datetime.time() else str(moment)
