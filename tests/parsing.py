"""The real parser without its process, and the isolated one read to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.pdf import excerpt
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import ParsedDocument
from sluice.ports import Parser


class InProcessParser:
    """The `Parser` whose documents can harm it."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._parser = DocumentParser(limits)

    async def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:  # noqa: ARG002 - as the port
        for part in self._parser.parts(name, body):
            yield part

    async def excerpt(self, body: bytes, pages: Sequence[int], *, tenant: str = "") -> bytes:  # noqa: ARG002 - as the port
        return excerpt(body, pages)


async def read_whole(parser: Parser, name: str, body: bytes) -> ParsedDocument:
    """Return the document in one piece."""
    parts = [part async for part in parser.parse(name, body)]
    blocks = tuple(block for part in parts for block in part.blocks)
    return ParsedDocument(parts[-1].kind, blocks, parts[-1].title, parts[-1].pages)
