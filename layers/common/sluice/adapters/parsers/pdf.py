"""Reads PDF with PDFium. One document at a time in a process: PDFium is not thread-safe."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import closing

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.annotations import annotated, draw, drawn_text, not_shown
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.pdf_columns import completed
from sluice.adapters.parsers.pdf_page import has_drawings, is_scan, opened, shown_text
from sluice.adapters.parsers.right_to_left import in_order
from sluice.adapters.parsers.unmapped import meant
from sluice.adapters.parsers.xfa import form_text
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, EmptyDocument, EncryptedDocument, NoTextLayer

# PDFium writes U+0002 or U+FFFE where a line ended in a hyphen, and has already removed the line end.
_LINE_HYPHEN = re.compile("[\x02\ufffe]")
# Small capitals and figures of old style, in Adobe's corporate use of private code points; other fonts have none there.
_SMALL = {
    0xF700 + code: chr(code)
    for code in (*range(0x30, 0x3A), *range(0x61, 0x7B), *range(0xE0, 0xF7), *range(0xF8, 0xFF))
}
_PRIVATE = re.compile("[\uf730-\uf7fe]")
_PAGES_A_PART = 32
_SIGNATURE = b"%PDF-"
# What a scanner's program writes onto the image of a page: its name, a page's number, a date.
_LONGEST_STAMP = 80
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
        title, has_text, has_content = _title(pdf), False, False
        for first in range(0, len(pdf), _PAGES_A_PART):
            numbers = range(first, min(first + _PAGES_A_PART, len(pdf)))
            read = [(number + 1, *_page(pdf, number)) for number in numbers]
            blocks = tuple(Block(text, page=number) for number, text, _ in read if text)
            has_text = has_text or bool(blocks)
            unread = tuple(number for number, _, is_unread in read if is_unread)
            has_content = has_content or bool(unread)
            yield ParsedDocument("pdf", blocks, title=title, pages=len(pdf), unread=unread)
        if not has_text:
            raise _reason(pdf, has_content=has_content)


def excerpt(body: bytes, pages: Sequence[int]) -> bytes:
    """Return a PDF of some pages, counted from 1, which needs no password; raise `DocumentError`."""
    output = io.BytesIO()
    with closing(_open(body)) as pdf, closing(pdfium.PdfDocument.new()) as copy:
        try:
            copy.import_pages(pdf, [page - 1 for page in pages])
            copy.save(output)
        except pdfium.PdfiumError as error:
            raise DamagedDocument("The PDF's scanned pages can't be copied out of it.") from error
    return output.getvalue()


def _is_cut_off(body: bytes) -> bool:
    """PDFium repairs what it can, so that half a file would pass for a whole one."""
    tail = body[body.rfind(b"endobj") + 1 :]
    return b" obj" in tail and b"startxref" not in tail


def _open(body: bytes) -> pdfium.PdfDocument:
    try:
        # PDFium wants a first line, and finds the objects again when they stand a little farther down.
        return pdfium.PdfDocument(body if _SIGNATURE in body[:1024] else _SIGNATURE + b"1.7\n" + body)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument from error
        raise DamagedDocument from error


def _page(pdf: pdfium.PdfDocument, index: int) -> tuple[str, bool]:
    """Return the page's text, and whether it shows something that no text tells of."""
    try:
        with opened(pdf, index) as page:
            own = in_order(page, shown_text(page))
            shown, is_rest = meant(page, _named(completed(page, own)))
            values, has_more = annotated(pdf, page)
            rest = [*values, form_text(pdf) if index == 0 else ""]
            text = clean("\n".join([_LINE_HYPHEN.sub("", shown), *rest]))
            is_unread = is_rest or (len(text) < _LONGEST_STAMP and (is_scan(page) if text else has_drawings(page)))
            if not (has_more and draw(page)):
                return text, is_unread
        with opened(pdf, index) as page:
            drawn = drawn_text(own, in_order(page, shown_text(page)))
        text = clean("\n".join([_LINE_HYPHEN.sub("", shown + drawn), *not_shown(rest, drawn)]))
        return text, is_unread
    except pdfium.PdfiumError as error:
        raise DamagedDocument(f"Page {index + 1} of the PDF is damaged and can't be read.") from error


def _named(text: str) -> str:
    """Return the text with small capitals as small letters; everything else that is private stays."""
    return text.translate(_SMALL) if not text.isascii() and _PRIVATE.search(text) else text


def _reason(pdf: pdfium.PdfDocument, *, has_content: bool) -> DocumentError:
    """Return why there is no text on any page."""
    for index in range(len(pdf)):
        with opened(pdf, index) as page:
            if shown_text(page).strip():
                return NoTextLayer(_UNMAPPED)
    return NoTextLayer() if has_content else EmptyDocument("The PDF's pages are blank.")


def _title(pdf: pdfium.PdfDocument) -> str | None:
    """Return the title that an author gave; a file name or a tool's own words are none."""
    title = one_line(pdf.get_metadata_value("Title"))
    return None if not title or _TOOL_TITLE.match(title) else title
