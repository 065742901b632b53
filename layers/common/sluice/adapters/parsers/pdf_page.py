"""Reads one page of a PDF, by PDFium's own functions: a wrapper's objects would take a tenth of a page's time."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

Box = tuple[float, float, float, float]

# A scan is at the bottom of what is drawn.
_FIRST_OBJECTS = 20
_MOST_OF_IT = 0.7
_LETTER: Box = (0.0, 0.0, 612.0, 792.0)  # stands in for a sheet that is not said


class Page(NamedTuple):
    """PDFium's handles of a page and of its text."""

    page: object
    text: object


@contextmanager
def opened(pdf: pdfium.PdfDocument, index: int) -> Iterator[Page]:
    """Open a page, whose fields show their values; raise `PdfiumError` where it is damaged."""
    page = pdfium_c.FPDF_LoadPage(pdf, index)
    if not page:
        raise pdfium.PdfiumError("Failed to load page.")
    if pdf.formenv:
        pdfium_c.FORM_OnAfterLoadPage(page, pdf.formenv)
    text = pdfium_c.FPDFText_LoadPage(page)
    try:
        if not text:
            raise pdfium.PdfiumError("Failed to load text page.")
        yield Page(page, text)
    finally:
        if text:
            pdfium_c.FPDFText_ClosePage(text)
        if pdf.formenv:
            pdfium_c.FORM_OnBeforeClosePage(page, pdf.formenv)
        pdfium_c.FPDF_ClosePage(page)


@contextmanager
def text_loaded(page: Page) -> Iterator[Page]:
    """Read the page's text anew, as its objects are now; raise `PdfiumError`."""
    text = pdfium_c.FPDFText_LoadPage(page.page)
    if not text:
        raise pdfium.PdfiumError("Failed to load text page.")
    try:
        yield Page(page.page, text)
    finally:
        pdfium_c.FPDFText_ClosePage(text)


def shown_text(page: Page) -> str:
    """Return what stands on the sheet as PDFium has it, whether or not its characters are known."""
    left, bottom, right, top = _sheet(page.page)
    read = partial(pdfium_c.FPDFText_GetBoundedText, page.text, left, top, right, bottom)
    return _string(read, pdfium_c.FPDFText_CountChars(page.text))


def has_drawings(page: Page) -> bool:
    """Return whether anything is drawn on the page."""
    return bool(pdfium_c.FPDFPage_CountObjects(page.page) > 0)


def has_annotations(pdf: pdfium.PdfDocument) -> bool:
    """Return whether anything was put onto the first page."""
    with opened(pdf, 0) as page:
        return bool(pdfium_c.FPDFPage_GetAnnotCount(page.page) > 0)


def is_scan(page: Page) -> bool:
    """Return whether an image covers most of the page."""
    area = pdfium_c.FPDF_GetPageWidthF(page.page) * pdfium_c.FPDF_GetPageHeightF(page.page)
    objects = (
        pdfium_c.FPDFPage_GetObject(page.page, index)
        for index in range(min(pdfium_c.FPDFPage_CountObjects(page.page), _FIRST_OBJECTS))
    )
    images = (item for item in objects if pdfium_c.FPDFPageObj_GetType(item) == pdfium_c.FPDF_PAGEOBJ_IMAGE)
    return any(_area(image) > area * _MOST_OF_IT for image in images)


def bounds(item: object) -> Box:
    """Return where an object of the page is."""
    return _floats(partial(pdfium_c.FPDFPageObj_GetBounds, item)) or (0.0, 0.0, 0.0, 0.0)


def address(handle: object) -> int:
    """Return what tells one handle from another; 0 for none."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0  # type: ignore[arg-type]


def _area(item: object) -> float:
    left, bottom, right, top = bounds(item)
    return (right - left) * (top - bottom)


def _sheet(page: object) -> Box:
    """Return the whole sheet: what a crop box cuts off is text too, what lies beyond the sheet is none.

    The page's own box is the sheet unless it has a crop box, also where it inherits its media box or has an empty one.
    """
    media = _floats(partial(pdfium_c.FPDFPage_GetMediaBox, page)) or _LETTER
    bounds = pdfium_c.FS_RECTF()
    pdfium_c.FPDF_GetPageBoundingBox(page, bounds)
    left, bottom, right, top = media
    return (
        min(left, right, bounds.left, bounds.right), min(bottom, top, bounds.bottom, bounds.top),
        max(left, right, bounds.left, bounds.right), max(bottom, top, bounds.bottom, bounds.top),
    )  # fmt: skip


def _floats(get: Callable[..., int]) -> Box | None:
    box = [ctypes.c_float() for _ in range(4)]
    return (box[0].value, box[1].value, box[2].value, box[3].value) if get(*box) else None


def _string(get: Callable[..., int], characters: int) -> str:
    """Get a string of about so many characters; where it is longer, ask how long it is and get it again."""
    buffer = _units(2 * characters + 2)
    got = get(buffer, len(buffer))
    if got == len(buffer):
        buffer = _units(2 * get(None, 0) + 2)
        got = get(buffer, len(buffer))
    return ctypes.string_at(buffer, 2 * got).decode("utf-16-le", "ignore").rstrip("\0")


def _units(least: int) -> ctypes.Array[ctypes.c_ushort]:
    """Return room for UTF-16 units. Making a type takes longer than reading a short page, so that there are few."""
    return (ctypes.c_ushort * max(1 << 12, 1 << least.bit_length()))()


def bytes_string(get: Callable[..., int]) -> str:
    """Ask for the length of a string in bytes first, as these functions want it, and then for the string."""
    size = get(None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    get(buffer, size)
    return bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0")
