"""Reads PDF with PDFium. One document at a time in a process: PDFium is not thread-safe."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import closing

import pypdfium2 as pdfium

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.pdf_page import opened, shown_text
from sluice.adapters.parsers.pdf_pages import Pages, open_pdf
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, EmptyDocument, NoTextLayer

_PAGES_A_PART = 32
_UNMAPPED = (
    "The PDF has no text layer that can be read: its fonts don't say which characters they show. Run it through OCR "
    "and upload the result."
)
_TOOL_TITLE = re.compile(r"^(microsoft|untitled|\S+$)", re.IGNORECASE)


def parts(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    """Yield some pages at a time, one block a page; raise `DocumentError`."""
    if _is_cut_off(body):
        raise DamagedDocument("The PDF is cut off: its end is missing. Upload it again.")
    with closing(open_pdf(body)) as pdf, closing(Pages(body, pdf)) as pages:
        if not len(pdf):
            raise DamagedDocument("The PDF's list of pages is damaged: it names none.")
        limits.check_pages(len(pdf))
        title, has_text, has_content = _title(pdf), False, False
        for first in range(0, len(pdf), _PAGES_A_PART):
            numbers = range(first, min(first + _PAGES_A_PART, len(pdf)))
            read = [(number + 1, pages.read(number)) for number in numbers]
            blocks = tuple(Block(page.text, page=number) for number, page in read if page.text)
            has_text = has_text or bool(blocks)
            unread = tuple(number for number, page in read if page.is_unread)
            has_content = has_content or bool(unread)
            yield ParsedDocument("pdf", blocks, title=title, pages=len(pdf), unread=unread)
        if not has_text:
            raise _reason(pdf, has_content=has_content)


def excerpt(body: bytes, pages: Sequence[int]) -> bytes:
    """Return a PDF of some pages, counted from 1, which needs no password; raise `DocumentError`."""
    output = io.BytesIO()
    with closing(open_pdf(body)) as pdf, closing(pdfium.PdfDocument.new()) as copy:
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
