"""Reads PDF with PDFium. One document at a time in a process: PDFium is not thread-safe."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import closing

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument, EncryptedDocument, NoTextLayer

# PDFium writes U+0002 or U+FFFE where a line ended in a hyphen, and has already removed the line end.
_LINE_HYPHEN = re.compile("[\x02\ufffe]")
_TOOL_TITLE = re.compile(r"^(microsoft|untitled|\S+$)", re.IGNORECASE)


def read(body: bytes, *, max_pages: int) -> ParsedDocument:
    """Return one block a page; raise `DocumentError`."""
    if _is_cut_off(body):
        raise DamagedDocument("The PDF is cut off: its end is missing. Upload it again.")
    with closing(_open(body)) as pdf:
        if not len(pdf):
            raise DamagedDocument("The PDF's list of pages is damaged: it names none.")
        if len(pdf) > max_pages:
            raise DocumentTooLarge(f"The PDF has {len(pdf)} pages; at most {max_pages} are allowed.")
        if pdf.get_formtype() != pdfium_c.FORMTYPE_NONE:
            pdf.init_forms()
        blocks = tuple(Block(text, page=number) for number, text in enumerate(_pages(pdf), 1) if text.strip())
        if not blocks:
            raise NoTextLayer if _has_content(pdf) else EmptyDocument("The PDF's pages are blank.")
        return ParsedDocument("pdf", blocks, title=_title(pdf), pages=len(pdf))


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


def _pages(pdf: pdfium.PdfDocument) -> Iterator[str]:
    for index in range(len(pdf)):
        try:
            with closing(pdf[index]) as page, closing(page.get_textpage()) as textpage:
                text = _LINE_HYPHEN.sub("", textpage.get_text_bounded())
                yield clean("\n".join([text, *_form_values(pdf, page)]))
        except pdfium.PdfiumError as error:
            raise DamagedDocument(f"Page {index + 1} of the PDF is damaged and can't be read.") from error


def _form_values(pdf: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """Yield what was filled into the page's form fields; it is no part of the page's own text."""
    if not pdf.formenv:
        return
    for index in range(pdfium_c.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
        if annotation:
            yield _form_value(pdf, annotation)
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def _form_value(pdf: pdfium.PdfDocument, annotation: object) -> str:
    kind = pdfium_c.FPDFAnnot_GetFormFieldType(pdf.formenv, annotation)
    if kind not in (pdfium_c.FPDF_FORMFIELD_TEXTFIELD, pdfium_c.FPDF_FORMFIELD_COMBOBOX):
        return ""
    size = pdfium_c.FPDFAnnot_GetFormFieldValue(pdf.formenv, annotation, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    pdfium_c.FPDFAnnot_GetFormFieldValue(pdf.formenv, annotation, buffer, size)
    return bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0")


def _has_content(pdf: pdfium.PdfDocument) -> bool:
    for index in range(len(pdf)):
        with closing(pdf[index]) as page:
            if pdfium_c.FPDFPage_CountObjects(page) > 0:
                return True
    return False


def _title(pdf: pdfium.PdfDocument) -> str | None:
    """Return the title that an author gave; a file name or a tool's own words are none."""
    title = one_line(pdf.get_metadata_value("Title"))
    return None if not title or _TOOL_TITLE.match(title) else title
