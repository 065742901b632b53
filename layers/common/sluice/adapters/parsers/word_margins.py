"""The headers and footers of a DOCX, each line once however many pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import attribute, tag
from sluice.adapters.parsers.word_text import text_of

_PAGE_FIELD = re.compile(r"\b(?:NUM|SECTION)?PAGES?\b")
_WORD = re.compile(r"[^\W\d_]+")
# `Page 2 of 9` in any language.
_FEW_WORDS = 3
_UNSAID = frozenset({"del", "moveFrom", "Fallback", "sdtPr"})


def margin_lines(roots: Iterable[Element]) -> list[str]:
    """Return the different lines of all headers and footers, without those that number the pages."""
    return list(dict.fromkeys(line for root in roots for line in _lines(root)))


def _lines(element: Element) -> Iterator[str]:
    for inner in element:
        if tag(inner) == "p":
            line = one_line(text_of(inner))
            if line and not _numbers_pages(inner, line):
                yield line
        if tag(inner) not in _UNSAID:  # boxes stand within paragraphs
            yield from _lines(inner)


def _numbers_pages(paragraph: Element, line: str) -> bool:
    codes = (element.text or attribute(element, "instr") or "" for element in paragraph.iter() if _is_field(element))
    return len(_WORD.findall(line)) < _FEW_WORDS and any(map(_PAGE_FIELD.search, codes))


def _is_field(element: Element) -> bool:
    return tag(element) in ("instrText", "fldSimple")
