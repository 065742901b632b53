"""The headers and footers of a DOCX, each line once however many pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.margins import says_something
from sluice.adapters.parsers.packages import attribute, tag
from sluice.adapters.parsers.word_text import text_of

_PAGE_FIELD = re.compile(r"\b(?:NUM|SECTION)?PAGES?\b")
_UNSAID = frozenset({"del", "moveFrom", "Fallback", "sdtPr"})


def margin_lines(roots: Iterable[Element]) -> list[str]:
    """Return the different lines of all headers and footers, without those that number the pages."""
    return list(dict.fromkeys(line for root in roots for line in _lines(root)))


def _lines(element: Element) -> Iterator[str]:
    for inner in element:
        if tag(inner) == "p":
            line = one_line(text_of(inner))
            if says_something(line, is_counted=_numbers_pages(inner)):
                yield line
        if tag(inner) not in _UNSAID:  # boxes stand within paragraphs
            yield from _lines(inner)


def _numbers_pages(paragraph: Element) -> bool:
    codes = (element.text or attribute(element, "instr") or "" for element in paragraph.iter() if _is_field(element))
    return any(map(_PAGE_FIELD.search, codes))


def _is_field(element: Element) -> bool:
    return tag(element) in ("instrText", "fldSimple")
