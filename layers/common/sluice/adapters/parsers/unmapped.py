"""Leaves out what a PDF's fonts don't name the characters of, where it is no text.

Fonts that don't say which characters their glyphs are, are often read right all the same; only then the text itself has
to tell.
"""

from __future__ import annotations

import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.legibility import is_legible, is_unassigned
from sluice.adapters.parsers.pdf_page import Page

# Where a page is asked whether its characters are known, and the share of unknown ones that makes it suspicious.
_PLACES = 12
_SUSPICIOUS = 0.7
_MOSTLY = 0.5
# Signs of mathematics are often unknown; without them a formula would say something else.
_FEW = 0.05
# PDFium writes these where a line ended in a hyphen, and knows no character for them.
_HYPHENS = frozenset("\x02\ufffe")


def meant(page: Page, text: str) -> tuple[str, bool]:
    """Return what of the page's text is one, and whether that is the smaller part of it."""
    if is_unassigned(text):
        return "", True
    share = _unknown_share(page)
    if not share:
        return text, False
    if share >= _SUSPICIOUS:
        return (text, False) if is_legible(text) else ("", True)
    if len(text) == pdfium_c.FPDFText_CountChars(page.text):
        return _without_unknown(page, text)
    # What lies beyond the sheet is no part of the text: which of its characters are unknown can't be told.
    return (text, False) if share < _MOSTLY or is_legible(text) else ("", True)


def _unknown_share(page: Page) -> float:
    count = pdfium_c.FPDFText_CountChars(page.text)
    places = range(0, count, max(1, count // _PLACES))
    is_unknown = pdfium_c.FPDFText_HasUnicodeMapError
    return sum(bool(is_unknown(page.text, place) == 1) for place in places) / max(1, len(places))


def _without_unknown(page: Page, text: str) -> tuple[str, bool]:
    """Leave out the characters that are unknown, if they make no text by themselves."""
    unknown = [index for index in range(len(text)) if _is_unknown(page, index) and text[index] not in _HYPHENS]
    gone = frozenset(unknown)
    alone = "".join(character if index in gone else " " for index, character in enumerate(text))
    if len(gone) < len(text) * _FEW or is_legible(" ".join(alone.split())):
        return text, False
    kept = "".join(character for index, character in enumerate(text) if index not in gone)
    return kept, len("".join(kept.split())) < len(gone)


def _is_unknown(page: Page, index: int) -> bool:
    return bool(pdfium_c.FPDFText_HasUnicodeMapError(page.text, index) == 1)
