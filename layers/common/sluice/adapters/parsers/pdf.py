"""Reads PDF with PDFium. One document at a time in a process: PDFium is not thread-safe."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.legibility import is_legible, is_unassigned
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.xfa import form_text
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, EmptyDocument, EncryptedDocument, NoTextLayer

# PDFium writes U+0002 or U+FFFE where a line ended in a hyphen, and has already removed the line end.
_LINE_HYPHEN = re.compile("[\x02\ufffe]")
_PAGES_A_PART = 32
_HIDDEN = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
# Where a page is asked whether its characters are known.
_PLACES = 24
_UNMAPPED = (
    "The PDF has no text layer that can be read: its fonts don't say which characters they show. Run it through OCR "
    "and upload the result."
)
_TOOL_TITLE = re.compile(r"^(microsoft|untitled|\S+$)", re.IGNORECASE)


def parts(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    """Yield some pages at a time, one block a page; raise `DocumentError`."""
    if _is_cut_off(body):
        raise DamagedDocument("The PDF is cut off: its end is missing. Upload it again.")
    with closing(_open(body)) as pdf:
        if not len(pdf):
            raise DamagedDocument("The PDF's list of pages is damaged: it names none.")
        limits.check_pages(len(pdf))
        if pdf.get_formtype() != pdfium_c.FORMTYPE_NONE:
            pdf.init_forms()
        title, has_text = _title(pdf), False
        for first in range(0, len(pdf), _PAGES_A_PART):
            numbers = range(first, min(first + _PAGES_A_PART, len(pdf)))
            read = ((number, _page(pdf, number)) for number in numbers)
            blocks = tuple(Block(text, page=number + 1) for number, text in read if text)
            has_text = has_text or bool(blocks)
            yield ParsedDocument("pdf", blocks, title=title, pages=len(pdf))
        if not has_text:
            raise _reason(pdf)


def _is_cut_off(body: bytes) -> bool:
    """PDFium repairs what it can, so that half a file would pass for a whole one."""
    tail = body[body.rfind(b"endobj") + 1 :]
    return b" obj" in tail and b"startxref" not in tail


def _open(body: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument from error
        raise DamagedDocument from error


def _page(pdf: pdfium.PdfDocument, index: int) -> str:
    try:
        with closing(pdf[index]) as page, closing(page.get_textpage()) as textpage:
            text = textpage.get_text_bounded(*_sheet(page))
            shown = _LINE_HYPHEN.sub("", text) if _is_mapped(textpage, text) else ""
            form = form_text(pdf) if index == 0 else ""
            return clean("\n".join([shown, *_annotations(pdf, page), form]))
    except pdfium.PdfiumError as error:
        raise DamagedDocument(f"Page {index + 1} of the PDF is damaged and can't be read.") from error


def _sheet(page: pdfium.PdfPage) -> tuple[float, float, float, float]:
    """Return the whole sheet: what a crop box cuts off is text too, what lies beyond the sheet is none.

    The page's own box is the sheet unless it has a crop box, also where it inherits its media box or has an empty one.
    """
    boxes = (page.get_mediabox(), page.get_bbox())
    across = [x for left, _, right, _ in boxes for x in (left, right)]
    upwards = [y for _, bottom, _, top in boxes for y in (bottom, top)]
    return min(across), min(upwards), max(across), max(upwards)


def _is_mapped(textpage: pdfium.PdfTextPage, text: str) -> bool:
    """Return False where the fonts don't say which characters their glyphs are, and what comes out is none.

    Fonts that don't say so are often read right all the same; only then the text itself has to tell.
    """
    if is_unassigned(text):
        return False
    count = textpage.count_chars()
    places = range(0, count, max(1, count // _PLACES))
    errors = sum(pdfium_c.FPDFText_HasUnicodeMapError(textpage, place) == 1 for place in places)
    return errors < len(places) * 0.7 or is_legible(text)


def _annotations(pdf: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """Yield what was filled into form fields and typed onto the page; it is no part of the page's own text."""
    for index in range(pdfium_c.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
        if annotation:
            yield _annotated(pdf, annotation)
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def _annotated(pdf: pdfium.PdfDocument, annotation: object) -> str:
    if pdfium_c.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return ""
    kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
    if kind == pdfium_c.FPDF_ANNOT_FREETEXT:
        return _string(partial(pdfium_c.FPDFAnnot_GetStringValue, annotation, b"Contents"))
    if not pdf.formenv or kind != pdfium_c.FPDF_ANNOT_WIDGET:
        return ""
    field = pdfium_c.FPDFAnnot_GetFormFieldType(pdf.formenv, annotation)
    if field not in (pdfium_c.FPDF_FORMFIELD_TEXTFIELD, pdfium_c.FPDF_FORMFIELD_COMBOBOX):
        return ""
    return _string(partial(pdfium_c.FPDFAnnot_GetFormFieldValue, pdf.formenv, annotation))


def _string(get: Callable[..., int]) -> str:
    """Ask for the length of a string in UTF-16 first, as PDFium wants it, and then for the string."""
    size = get(None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    get(buffer, size)
    return bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0")


def _reason(pdf: pdfium.PdfDocument) -> DocumentError:
    """Return why there is no text on any page."""
    has_content = False
    for index in range(len(pdf)):
        with closing(pdf[index]) as page, closing(page.get_textpage()) as textpage:
            if textpage.get_text_bounded(*_sheet(page)).strip():
                return NoTextLayer(_UNMAPPED)
            has_content = has_content or pdfium_c.FPDFPage_CountObjects(page) > 0
    return NoTextLayer() if has_content else EmptyDocument("The PDF's pages are blank.")


def _title(pdf: pdfium.PdfDocument) -> str | None:
    """Return the title that an author gave; a file name or a tool's own words are none."""
    title = one_line(pdf.get_metadata_value("Title"))
    return None if not title or _TOOL_TITLE.match(title) else title
