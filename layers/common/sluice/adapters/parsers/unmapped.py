"""Leaves out what a PDF's fonts don't name the characters of, where it is no text.

Fonts that don't say which characters their glyphs are, are often read right all the same; only then the text itself has
to tell.
"""

from __future__ import annotations

from typing import NamedTuple

import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.legibility import (
    has_numbers,
    is_legible,
    is_lost,
    is_unassigned,
    without_unassigned,
)
from sluice.adapters.parsers.pdf_page import Page

# Where a page is asked whether its characters are known, and the share of unknown ones that makes it suspicious.
_PLACES = 12
_SUSPICIOUS = 0.7
_MOSTLY = 0.5
_ENOUGH_LETTERS = 20
# Signs of mathematics are often unknown; without them a formula would say something else.
_FEW = 0.05
_SEVERAL = 3
# PDFium writes these where a line ended in a hyphen, and knows no character for them.
_HYPHENS = frozenset("\x02\ufffe")


class Meant(NamedTuple):
    """What of a page's text is one, whether that is the smaller part of it, and whether several are not known."""

    text: str
    is_rest: bool = False
    has_unknown: bool = False


def meant(page: Page, text: str) -> Meant:
    """Return what of the page's text is one."""
    share = _unknown_share(page)
    if is_unassigned(text) or is_lost(text) or (share >= _SUSPICIOUS and not is_legible(text)):
        return Meant(_rest(page, text), is_rest=True, has_unknown=True)
    if share >= _SUSPICIOUS or not (share or has_numbers(text)):
        return Meant(text)
    if _is_whole(page, text):
        return _without_unknown(page, text)
    if share < _MOSTLY or is_legible(text):
        return Meant(text, has_unknown=True)
    return Meant("", is_rest=True, has_unknown=True)


def _is_whole(page: Page, text: str) -> bool:
    """Return whether nothing lies beyond the sheet; else it can't be told which of its characters are unknown."""
    return bool(len(text) == pdfium_c.FPDFText_CountChars(page.text))


def _rest(page: Page, text: str) -> str:
    """Return what is known on a page on which hardly anything is: a heading, or nothing worth to be kept."""
    if not _is_whole(page, text):
        return ""
    known = (" " if _is_unknown(page, index) else character for index, character in enumerate(text))
    rest = without_unassigned("".join(known))
    return rest if sum(map(str.isalpha, rest)) >= _ENOUGH_LETTERS and is_legible(rest) else ""


def _unknown_share(page: Page) -> float:
    count = pdfium_c.FPDFText_CountChars(page.text)
    places = range(0, count, max(1, count // _PLACES))
    is_unknown = pdfium_c.FPDFText_HasUnicodeMapError
    return sum(bool(is_unknown(page.text, place) == 1) for place in places) / max(1, len(places))


def _without_unknown(page: Page, text: str) -> Meant:
    """Leave out the characters that are unknown, if they make no text by themselves."""
    unknown = [index for index in range(len(text)) if _is_unknown(page, index) and text[index] not in _HYPHENS]
    gone = frozenset(unknown)
    alone = "".join(character if index in gone else " " for index, character in enumerate(text))
    is_few = len(gone) < len(text) * _FEW
    if is_few or is_legible(" ".join(alone.split())):
        return Meant(text, has_unknown=not is_few or len(gone) >= _SEVERAL)
    kept = "".join(character for index, character in enumerate(text) if index not in gone)
    return Meant(kept, is_rest=len("".join(kept.split())) < len(gone), has_unknown=True)


def _is_unknown(page: Page, index: int) -> bool:
    return bool(pdfium_c.FPDFText_HasUnicodeMapError(page.text, index) == 1)
