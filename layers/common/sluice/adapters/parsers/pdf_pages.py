"""Reads the pages of a PDF, each by all the ways in which text may stand on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.annotations import annotated, draw, drawn_text, not_shown
from sluice.adapters.parsers.cleaning import clean
from sluice.adapters.parsers.legibility import is_legible
from sluice.adapters.parsers.pdf_columns import completed
from sluice.adapters.parsers.pdf_fonts import mended
from sluice.adapters.parsers.pdf_page import has_annotations, has_drawings, is_scan, opened, shown_text
from sluice.adapters.parsers.pdf_shadows import without_shadows
from sluice.adapters.parsers.right_to_left import in_order, marks_behind
from sluice.adapters.parsers.unmapped import meant
from sluice.adapters.parsers.xfa import form_text
from sluice.errors import DamagedDocument, DocumentError, EncryptedDocument

# PDFium writes U+0002 or U+FFFE where a line ended in a hyphen, and has already removed the line end.
_LINE_HYPHEN = re.compile("[\x02\ufffe]")
# Small capitals and figures of old style, in Adobe's corporate use of private code points; other fonts have none there.
_SMALL = {
    0xF700 + code: chr(code)
    for code in (*range(0x30, 0x3A), *range(0x61, 0x7B), *range(0xE0, 0xF7), *range(0xF8, 0xFF))
}
_PRIVATE = re.compile("[\uf730-\uf7fe]")
# Where letters that make no words show that fonts tell wrong characters; to ask every page would take long.
_FIRST_PAGES = 3
# The share of pages with unknown characters that makes it cheaper to mend all, and how many are mended before.
_MANY = 0.1
_MOST_ALONE = 4
_SIGNATURE = b"%PDF-"
_LAST, _TABLE = b"endobj", b"xref"
_CATALOG = re.compile(rb"\b(\d+ \d+) obj\b(?:(?!endobj|stream).){0,2000}?/Type\s*/Catalog\b", re.DOTALL)
# What a scanner's program writes onto the image of a page: its name, a page's number, a date.
_LONGEST_STAMP = 80


def open_pdf(body: bytes) -> pdfium.PdfDocument:
    """Open a document that needs no password; raise `DocumentError`."""
    # PDFium wants a first line, and finds the objects again when they stand a little farther down.
    whole = body if _SIGNATURE in body[:1024] else _SIGNATURE + b"1.7\n" + body
    try:
        try:
            return pdfium.PdfDocument(whole)
        except pdfium.PdfiumError as error:
            if error.err_code != pdfium_c.FPDF_ERR_FORMAT or not (repaired := _with_end(whole)):
                raise
            return pdfium.PdfDocument(repaired)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument from error
        raise DamagedDocument from error


def _with_end(body: bytes) -> bytes:
    """Return a file with another end, whose own is broken behind its last object; nothing for half a file."""
    end = body.rfind(_LAST) + len(_LAST)
    root = next(_CATALOG.finditer(body), None) if _TABLE in body[end:] else None
    return body[:end] + b"\ntrailer\n<< /Root %b R >>\n%%%%EOF\n" % root[1] if root else b""


class Read(NamedTuple):
    """A page's text, whether it shows something that no text tells of, and whether characters may not be known."""

    text: str
    is_unread: bool
    has_unknown: bool


class Pages:
    """Reads the pages of a document, with mended fonts where characters are not known.

    A few such pages are mended by themselves, since it takes long to write a large document; all are, if they are many.
    """

    def __init__(self, body: bytes, pdf: pdfium.PdfDocument) -> None:
        self._body = body
        self._pdf = pdf
        self._mended: pdfium.PdfDocument | None = None
        self._mended_pages = 0
        self._is_mended = False
        _show_forms(pdf)

    def read(self, index: int) -> Read:
        """Return a page, counted from 0; raise `DamagedDocument`."""
        read = _page(self._mended or self._pdf, index)
        if not read.has_unknown or self._is_mended:
            return read
        self._mended_pages += 1
        self._is_mended = self._mended_pages > len(self._pdf) * _MANY
        try:
            if self._is_mended:
                self._mended = self._with_mended_fonts(range(len(self._pdf)))
                return _page(self._mended, index) if self._mended else read
            return self._alone(index, read) if self._mended_pages <= _MOST_ALONE else read
        except (DocumentError, pdfium.PdfiumError):
            self.close()
            return read

    def _alone(self, index: int, read: Read) -> Read:
        """Return a page that is mended by itself; not one with fields, whose values are the document's."""
        page = self._with_mended_fonts([index])
        if not page:
            return read
        with closing(page):
            return read if self._pdf.formenv and has_annotations(page) else _page(page, 0)

    def _with_mended_fonts(self, pages: Sequence[int]) -> pdfium.PdfDocument | None:
        with closing(open_pdf(self._body)) as untouched:  # what annotations look like may be a part of pages by now
            if len(pages) == len(untouched):
                body = mended(untouched)
            else:
                with closing(pdfium.PdfDocument.new()) as some:
                    some.import_pages(untouched, [*pages])
                    body = mended(some)
        again = open_pdf(body) if body else None
        if again and len(again) == len(pages):
            _show_forms(again)
            return again
        return None

    def close(self) -> None:
        if self._mended:
            self._mended.close()
        self._mended = None


def _show_forms(pdf: pdfium.PdfDocument) -> None:
    if pdf.get_formtype() != pdfium_c.FORMTYPE_NONE:
        pdf.init_forms()


def _page(pdf: pdfium.PdfDocument, index: int) -> Read:
    try:
        with opened(pdf, index) as page:
            own = in_order(page, without_shadows(page, shown_text(page)))
            shown, is_rest, has_unknown = meant(page, _named(completed(page, own)))
            values, has_more = annotated(pdf, page)
            rest = [*values, form_text(pdf) if index == 0 else ""]
            text = clean("\n".join([_written(shown), *rest]))
            is_unread = is_rest or (len(text) < _LONGEST_STAMP and (is_scan(page) if text else has_drawings(page)))
            has_unknown = has_unknown or (index < _FIRST_PAGES and not is_legible(shown))
            if not (has_more and draw(page)):
                return Read(text, is_unread, has_unknown)
        with opened(pdf, index) as page:
            drawn = drawn_text(own, in_order(page, without_shadows(page, shown_text(page))))
        text = clean("\n".join([_written(shown + drawn), *not_shown(rest, drawn)]))
        return Read(text, is_unread, has_unknown)
    except pdfium.PdfiumError as error:
        raise DamagedDocument(f"Page {index + 1} of the PDF is damaged and can't be read.") from error


def _written(text: str) -> str:
    """Return the text with words whole that PDFium parts: at the end of a line, or before a sign of Arabic."""
    return marks_behind(_LINE_HYPHEN.sub("", text))


def _named(text: str) -> str:
    """Return the text with small capitals as small letters; everything else that is private stays."""
    return text.translate(_SMALL) if not text.isascii() and _PRIVATE.search(text) else text
