"""Reads what PDFium leaves out of a page: text whose glyphs have no outline it knows of.

It passes over text that is as good as without width. That is harmless for single spaces, but vertical writing whose
font lies outside of the file, as old Japanese PDFs have it, is nothing but such text.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.pdf_page import Page, address, bounds, bytes_string, shown_text, text_loaded

_EAST_ASIAN = re.compile("[\u3000-\u9fff\uff00-\uffee]")
_FEW_CHARACTERS = 40
_MOST_OBJECTS = 20_000
# PDFium's own bound.
_NO_WIDTH = 0.01
_STROKED = 1


class _Text(NamedTuple):
    """A text object: its text, where it begins, the box around it, and how large its characters are."""

    said: str
    x: float
    y: float
    left: float
    bottom: float
    right: float
    top: float
    size: float


def completed(page: Page, text: str) -> str:
    """Return the page's text with what PDFium has left out of it; columns stand behind the rest."""
    if not _may_lack(page, text):
        return text
    objects = [*_text_objects(page)]
    flat = [item for item in objects if _width(item) < _NO_WIDTH]
    if not flat:
        return text
    for item in flat:
        _widen(item)
    with text_loaded(page) as whole:
        lost = {_font(item): said for item in flat if _EAST_ASIAN.search(said := _said(item, whole))}
        found = [item for item in objects if _font(item) in lost]
        columns = [_Text(_said(item, whole), *_origin(item), *bounds(item), _size(item)) for item in found]
        if not lost or not _are_vertical(columns):
            return shown_text(whole) if lost else text
    for item in found:
        pdfium_c.FPDFPageObj_SetIsActive(item, 0)
    with text_loaded(page) as rest:
        return "\n".join(filter(None, (shown_text(rest), "".join(_joined(columns)))))


def _may_lack(page: Page, text: str) -> bool:
    """Ask what costs little: most pages have many characters an object, and no writing that may be vertical."""
    objects, characters = pdfium_c.FPDFPage_CountObjects(page.page), pdfium_c.FPDFText_CountChars(page.text)
    if not objects:
        return False
    if objects > characters or characters < _FEW_CHARACTERS:
        return True
    return not text.isascii() and bool(_EAST_ASIAN.search(text))


def _text_objects(page: Page) -> Iterator[object]:
    for index in range(min(pdfium_c.FPDFPage_CountObjects(page.page), _MOST_OBJECTS)):
        item = pdfium_c.FPDFPage_GetObject(page.page, index)
        if pdfium_c.FPDFPageObj_GetType(item) == pdfium_c.FPDF_PAGEOBJ_TEXT:
            yield item


def _width(item: object) -> float:
    left, _, right, _ = bounds(item)
    return right - left


def _widen(item: object) -> None:
    """Have its outline drawn with a pen that is as broad as a character: PDFium counts the pen in, once it moves."""
    pdfium_c.FPDFTextObj_SetTextRenderMode(item, _STROKED)
    pdfium_c.FPDFPageObj_SetStrokeWidth(item, _size(item))
    pdfium_c.FPDFPageObj_Transform(item, 1, 0, 0, 1, 0, 0)


def _size(item: object) -> float:
    size, matrix = ctypes.c_float(), _matrix(item)
    pdfium_c.FPDFTextObj_GetFontSize(item, size)
    return max(abs(float(size.value)) * max(abs(float(matrix.c)), abs(float(matrix.d))), 0.1)


def _origin(item: object) -> tuple[float, float]:
    matrix = _matrix(item)
    return float(matrix.e), float(matrix.f)


def _matrix(item: object) -> pdfium_c.FS_MATRIX:
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(item, matrix)
    return matrix


def _font(item: object) -> int:
    return address(pdfium_c.FPDFTextObj_GetFont(item))


def _said(item: object, page: Page) -> str:
    return bytes_string(partial(pdfium_c.FPDFTextObj_GetText, item, page.text))


def _are_vertical(texts: Sequence[_Text]) -> bool:
    """Return whether one is higher than broad, or whether each stands below the one before it more often than not."""
    if any(len(text.said) > 1 and text.top - text.bottom > 1.5 * (text.right - text.left) for text in texts):
        return True
    below = sum(abs(after.x - before.x) < before.y - after.y for before, after in pairwise(texts))
    return below > len(texts) / 2


def _joined(texts: Sequence[_Text]) -> Iterator[str]:
    """Yield the texts with an end of line wherever a column ends."""
    for before, after in zip([None, *texts], texts, strict=False):
        if before and not _goes_on(before, after):
            yield "\n"
        yield after.said


def _goes_on(before: _Text, after: _Text) -> bool:
    """Return whether it stands in the same column, close below."""
    size = max(before.size, after.size)
    return abs(after.x - before.x) < 0.8 * size and -size < min(before.y, before.bottom) - after.y < 2 * size
