"""Reads a document of any supported kind, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sluice.adapters.parsers import kinds
from sluice.adapters.parsers.cleaning import is_blank
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.mail_signs import is_mail
from sluice.adapters.parsers.xml_kinds import EXCEL_XML, OFFICE_XML
from sluice.domain import ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument

# The share of characters that programs have put in the place of what they could not read.
_MOST_LOST = 0.2


class DocumentParser:
    """Decides a document's kind by its content and reads it.

    A hostile file can exhaust the process or crash it; `isolation.IsolatedParser` runs this in a process of its own.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._limits = limits

    def parse(self, name: str, body: bytes) -> ParsedDocument:
        """Return the document's text with the places where it stands; raise `DocumentError`."""
        parts = list(self.parts(name, body))
        blocks = tuple(block for part in parts for block in part.blocks)
        return ParsedDocument(parts[-1].kind, blocks, parts[-1].title, parts[-1].pages)

    def parts(self, name: str, body: bytes) -> Iterator[ParsedDocument]:
        """Yield the document in parts, as they are read; raise `DocumentError`, at times after the first of them."""
        self._limits.check_bytes(len(body))
        if not body.strip():
            raise EmptyDocument
        characters = lost = 0
        has_text = False
        try:
            for part in self._read(name, body):
                characters += sum(len(block.text) for block in part.blocks)
                self._limits.check_characters(characters)
                lost += sum(block.text.count("\ufffd") for block in part.blocks)
                has_text = has_text or not all(is_blank(block.text) for block in part.blocks)
                yield part
        except RecursionError as error:
            raise DocumentTooLarge("The document is nested too deeply to be read.") from error
        if not has_text:
            raise EmptyDocument
        if lost > characters * _MOST_LOST:
            raise DamagedDocument("Much of the text was lost before: it holds signs in the place of its characters.")

    def _read(self, name: str, body: bytes) -> Iterator[ParsedDocument]:
        kind = kinds.binary_kind(name, body, self._limits)
        if kind is None:
            return self._read_text(name, body)
        return _BINARY[kind](body, self._limits)

    def _read_text(self, name: str, body: bytes) -> Iterator[ParsedDocument]:
        from sluice.adapters.parsers import decoding

        text = decoding.decode(body)
        if is_mail(name, text):  # in UTF-16, or behind a byte order mark
            yield from _mail(text.encode("utf-8", "surrogatepass"), self._limits)
        elif (kind := kinds.text_kind(name, text)) == OFFICE_XML:
            yield from self._read(name, _packed(text))
        else:
            yield _TEXT[kind](text, self._limits)


# Only the reader that is needed is imported: a child process starts for every document.


def _pdf(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import pdf

    return pdf.parts(body, limits)


def _docx(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import docx

    yield docx.read(body, limits)


def _pptx(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import pptx

    yield pptx.read(body, limits)


def _workbook(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import workbook

    yield workbook.read(body, limits)


def _open_document(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import opendocument

    yield opendocument.read(body, limits)


def _epub(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import epub

    yield epub.read(body, limits)


def _rtf(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import rtf

    yield rtf.read(body, limits)


def _mail(body: bytes, limits: Limits) -> Iterator[ParsedDocument]:
    from sluice.adapters.parsers import mail

    yield mail.read(body, limits)


def _html(text: str, _: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import html

    return html.read(text)


def _flat_open_document(text: str, limits: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import opendocument

    return opendocument.read_flat(text, limits)


def _packed(text: str) -> bytes:
    from sluice.adapters.parsers import office_xml

    return office_xml.packed(text)


def _excel_xml(text: str, limits: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import office_xml

    return office_xml.read_workbook(text, limits)


def _markdown(text: str, _: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import markdown

    return markdown.read(text)


def _table(text: str, limits: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import table

    return table.read(text, limits)


def _json(text: str, limits: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import json_text

    return json_text.read(text, limits)


def _plain(text: str, _: Limits) -> ParsedDocument:
    from sluice.adapters.parsers import text as plain

    return plain.read(text)


_BINARY: dict[str, Callable[[bytes, Limits], Iterator[ParsedDocument]]] = {
    kinds.PDF: _pdf,
    kinds.DOCX: _docx,
    kinds.PPTX: _pptx,
    kinds.WORKBOOK: _workbook,
    kinds.OPEN_DOCUMENT: _open_document,
    kinds.EPUB: _epub,
    kinds.RTF: _rtf,
    kinds.MAIL: _mail,
}
_TEXT: dict[str, Callable[[str, Limits], ParsedDocument]] = {
    kinds.HTML: _html,
    kinds.FLAT_OPEN_DOCUMENT: _flat_open_document,
    EXCEL_XML: _excel_xml,
    kinds.MARKDOWN: _markdown,
    kinds.CSV: _table,
    kinds.JSON: _json,
    kinds.TEXT: _plain,
}
