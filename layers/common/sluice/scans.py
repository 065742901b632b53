"""Reads pages that are images: of a whole scan, or among pages with text, where only they are sent and paid for."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from sluice.domain import WORKING, Block, ObjectRef, ParsedDocument
from sluice.errors import DocumentError, DocumentTooLarge, NoTextLayer, StorageUnavailable
from sluice.ports import ObjectStore, Parser, StoredObject, TextRecognizer


class Scans:
    """Has pages recognized, at most `most_pages` of a document: each of them is charged."""

    def __init__(self, *, recognizer: TextRecognizer, parser: Parser, objects: ObjectStore, most_pages: int) -> None:
        self._recognizer = recognizer
        self._parser = parser
        self._objects = objects
        self._most_pages = most_pages

    async def read(
        self, stored: StoredObject, parts: AsyncGenerator[ParsedDocument, None], *, tenant: str
    ) -> AsyncGenerator[ParsedDocument, None]:
        """Yield the parser's parts with the text of pages that it could not read, all pages in their order.

        From the first such page on, parts are held until all of these pages are known and recognized. Raises what the
        parser and the recognizer do; what has been recognized for a document is there when it is tried again.
        """
        part = ParsedDocument("pdf", ())
        held: list[ParsedDocument] = []
        try:
            async for part in parts:
                if held or part.unread:
                    held.append(part)
                else:
                    yield part
        except NoTextLayer:
            blocks = await self._whole(stored.ref, part.pages)
            yield replace(part, blocks=blocks, pages=part.pages or _last_page(blocks), unread=())
            return
        if held:
            unread = [page for part in held for page in part.unread]
            recognized = await self._some(stored, unread, part.pages, tenant)
            for part in held:
                yield _completed(part, recognized)

    async def _whole(self, ref: ObjectRef, pages: int | None) -> tuple[Block, ...]:
        if pages and pages > self._most_pages:
            raise DocumentTooLarge(f"The scan has {pages:,} pages; at most {self._most_pages:,} are recognized.")
        return await self._recognizer.recognize(ref)

    async def _some(
        self, stored: StoredObject, unread: Sequence[int], pages: int | None, tenant: str
    ) -> dict[int, Block]:
        """Return blocks by their pages' numbers; none where too many pages would be charged, or none can be had.

        The rest of the document is whole without them, and the count of its pages without text tells.
        """
        if len(unread) > self._most_pages:
            return {}
        with contextlib.suppress(DocumentError):
            if len(unread) == pages:
                return _numbered(await self._recognizer.recognize(stored.ref), unread)
            return _numbered(await self._excerpt(stored, unread, tenant), unread)
        return {}

    async def _excerpt(self, stored: StoredObject, unread: Sequence[int], tenant: str) -> tuple[Block, ...]:
        """Have a copy of these pages recognized, which stays in the bucket for as long as somebody may read it."""
        body = await self._parser.excerpt(stored.body, unread, tenant=tenant)
        written = await self._objects.write(_key(stored.ref, unread), body, content_type="application/pdf")
        copy = replace(written, etag=stored.ref.etag)  # its bytes may differ each time, and it is the same all the same
        try:
            blocks = await self._recognizer.recognize(copy)
        except DocumentError:
            await self._forget(copy)
            raise
        await self._forget(copy)
        return blocks

    async def _forget(self, copy: ObjectRef) -> None:
        with contextlib.suppress(StorageUnavailable):  # the bucket's lifecycle ends it too
            await self._objects.delete(copy)


def _key(ref: ObjectRef, pages: Sequence[int]) -> str:
    digest = hashlib.sha256(f"{ref.source}\n{ref.etag}\n{[*pages]}".encode()).hexdigest()
    return f"{WORKING}scans/{digest}.pdf"


def _numbered(blocks: Sequence[Block], pages: Sequence[int]) -> dict[int, Block]:
    """Give the blocks the numbers that their pages have in the document."""
    inside = (block for block in blocks if block.page and block.page <= len(pages))
    return {page: replace(block, page=page) for block in inside for page in [pages[(block.page or 1) - 1]]}


def _completed(part: ParsedDocument, recognized: dict[int, Block]) -> ParsedDocument:
    """Put recognized pages in their places; what was stamped onto a scan was recognized with it."""
    new = {page: recognized[page] for page in part.unread if page in recognized}
    kept = [block for block in part.blocks if block.page not in new]
    return replace(part, blocks=tuple(sorted([*kept, *new.values()], key=lambda block: block.page or 0)), unread=())


def _last_page(blocks: Sequence[Block]) -> int | None:
    return max((block.page for block in blocks if block.page), default=None)
