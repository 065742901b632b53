"""Reads a document of any supported kind, in this process."""

from __future__ import annotations

from sluice.adapters.parsers import kinds
from sluice.domain import ParsedDocument
from sluice.errors import DocumentTooLarge, EmptyDocument


class DocumentParser:
    """Decides a document's kind by its content and reads it.

    A hostile file can exhaust the process or crash it; `isolation.IsolatedParser` runs this in a process of its own.
    """

    def __init__(self, *, max_bytes: int, max_pages: int, max_characters: int) -> None:
        self._max_bytes = max_bytes
        self._max_pages = max_pages
        self._max_characters = max_characters

    def parse(self, name: str, body: bytes) -> ParsedDocument:
        """Return the document's text with the places where it stands; raise `DocumentError`."""
        if len(body) > self._max_bytes:
            raise DocumentTooLarge(f"The file has {len(body):,} bytes; at most {self._max_bytes:,} are allowed.")
        if not body.strip():
            raise EmptyDocument
        parsed = self._read(name, body)
        characters = sum(len(block.text) for block in parsed.blocks)
        if not any(block.text.strip() for block in parsed.blocks):
            raise EmptyDocument
        if characters > self._max_characters:
            raise DocumentTooLarge(
                f"The text has {characters:,} characters; at most {self._max_characters:,} are allowed."
            )
        return parsed

    def _read(self, name: str, body: bytes) -> ParsedDocument:
        """Only the reader that is needed is imported: a child process starts for every document."""
        if kinds.binary_kind(body) == kinds.PDF:
            from sluice.adapters.parsers import pdf

            return pdf.read(body, max_pages=self._max_pages)
        return _read_text(name, body)


def _read_text(name: str, body: bytes) -> ParsedDocument:
    from sluice.adapters.parsers import decoding

    text = decoding.decode(body)
    match kinds.text_kind(name, text):
        case kinds.HTML:
            from sluice.adapters.parsers import html

            return html.read(text)
        case kinds.MARKDOWN:
            from sluice.adapters.parsers import markdown

            return markdown.read(text)
        case _:
            from sluice.adapters.parsers import text as plain

            return plain.read(text)
