"""The headers and footers of sheets, which say in codes what a page shows (ECMA-376, part 1, section 18.3.1.46)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.margins import says_something

_MARGIN = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)\b[^>]*>([^<]*)<")
# What parts the three places of a line, a font, its size and colour, and single letters.
_CODE = re.compile(r'&(&|[LCR]|"[^"]*"|\d+|K(?:[0-9A-F]{6}|\d\d[+-]\d{3})|[A-Z])', re.IGNORECASE)
_PLACES = frozenset("LCRlcr")
# Page, pages, date, time, and the names of file, folder and sheet.
_COUNTED = re.compile("&[PNDTFZA]", re.IGNORECASE)


def margins_of(sheet: bytes) -> list[str]:
    """Return the different lines around the pages of a sheet of an XLSX."""
    codes = (html.unescape(margin[1].decode("utf-8", "replace")) for margin in _MARGIN.finditer(sheet))
    return list(dict.fromkeys(line for code in codes for line in margin_lines(code)))


def margin_lines(code: str) -> Iterator[str]:
    """Yield what stands at the left, in the middle and at the right, without what only counts pages."""
    for place in _CODE.sub(_parted, code).split("\f"):
        line = one_line(_CODE.sub(_written, place))
        if says_something(line, is_counted=bool(_COUNTED.search(place.replace("&&", "")))):
            yield line


def _parted(code: re.Match[str]) -> str:
    return "\f" if code[1] in _PLACES else code[0]


def _written(code: re.Match[str]) -> str:
    return "&" if code[1] == "&" else ""
