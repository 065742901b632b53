"""A document store, a bucket and a parser for tests."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from sluice.domain import (
    Block,
    Caller,
    Chunk,
    Document,
    DocumentStatus,
    ObjectRef,
    ParsedDocument,
    Vector,
    uuid7,
)
from sluice.errors import DocumentBusy, DocumentNotFound, DocumentTooLarge, EmbeddingModelMismatch, ObjectGone


@dataclass
class StoredChunks:
    """The version of a document that readers see."""

    parsed: ParsedDocument
    chunks: list[Chunk]
    vectors: list[Vector]


class InMemoryDocuments:
    """The `DocumentStore` in dictionaries. `contents` holds what readers see, by the document's id.

    An error in `failures` is raised by the next call of `store`.
    """

    def __init__(self, *, model: str = "test/hash", clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._documents: dict[tuple[str, UUID], Document] = {}
        self._claims: dict[UUID, float] = {}
        self.contents: dict[UUID, StoredChunks] = {}
        self.failures: deque[Exception] = deque()

    async def register(self, caller: Caller, ref: ObjectRef) -> Document:
        known = self._by_source(caller, ref.source)
        if known is None:
            now = datetime.now(UTC)
            known = Document(
                uuid7(), ref.collection, ref.source, ref.name, DocumentStatus.PENDING, ref.etag, size=ref.size,
                created_at=now, updated_at=now,
            )  # fmt: skip
        elif known.etag != ref.etag:
            self._claims.pop(known.id, None)
            known = replace(known, status=DocumentStatus.PENDING, etag=ref.etag, code=None, reason=None)
        return self._put(caller, replace(known, size=ref.size))

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float) -> Document | None:
        document = await self.register(caller, ref)
        if document.status is DocumentStatus.READY:
            return None
        if document.status is DocumentStatus.PROCESSING and self._claims[document.id] > self._clock():
            raise DocumentBusy
        self._claims[document.id] = self._clock() + lease_seconds
        return self._put(caller, replace(document, status=DocumentStatus.PROCESSING, code=None, reason=None))

    async def release(self, caller: Caller, document_id: UUID) -> None:
        document = self._documents.get((caller.tenant, document_id))
        if document and document.status is DocumentStatus.PROCESSING:
            self._put(caller, replace(document, status=DocumentStatus.PENDING))

    async def store(
        self,
        caller: Caller,
        document: Document,
        parsed: ParsedDocument,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
    ) -> Document:
        if self.failures:
            raise self.failures.popleft()
        if model != self._model:
            raise EmbeddingModelMismatch
        current = await self.get(caller, document.id)
        self.contents[document.id] = StoredChunks(parsed, list(chunks), list(vectors))
        ready = current.etag == document.etag
        return self._put(
            caller,
            replace(
                current, kind=parsed.kind, title=parsed.title or current.title, pages=parsed.pages, chunks=len(chunks),
                status=DocumentStatus.READY if ready else current.status, code=None, reason=None,
            ),
        )  # fmt: skip

    async def fail(self, caller: Caller, document_id: UUID, *, code: str, reason: str) -> Document:
        document = await self.get(caller, document_id)
        return self._put(caller, replace(document, status=DocumentStatus.FAILED, code=code, reason=reason))

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        try:
            return self._documents[caller.tenant, document_id]
        except KeyError as error:
            raise DocumentNotFound from error

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        mine = [document for (tenant, _), document in self._documents.items() if tenant == caller.tenant]
        wanted = [document for document in mine if collection in (None, document.collection)]
        return sorted(wanted, key=lambda document: document.id, reverse=True)[:limit]

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        document = await self.get(caller, document_id)
        del self._documents[caller.tenant, document_id]
        self.contents.pop(document_id, None)
        return document

    async def delete_source(self, caller: Caller, source: str) -> Document | None:
        document = self._by_source(caller, source)
        return await self.delete(caller, document.id) if document else None

    def _by_source(self, caller: Caller, source: str) -> Document | None:
        mine = (document for (tenant, _), document in self._documents.items() if tenant == caller.tenant)
        return next((document for document in mine if document.source == source), None)

    def _put(self, caller: Caller, document: Document) -> Document:
        document = replace(document, updated_at=datetime.now(UTC))
        self._documents[caller.tenant, document.id] = document
        return document


@dataclass
class InMemoryObjects:
    """The `ObjectStore` in a dictionary. An error in `failures` is raised by the next call of `read`."""

    bucket: str = "documents"
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    failures: deque[Exception] = field(default_factory=deque)

    async def read(self, ref: ObjectRef, *, max_bytes: int) -> bytes:
        if self.failures:
            raise self.failures.popleft()
        body = self.contents.get((ref.bucket, ref.key))
        if body is None:
            raise ObjectGone
        if len(body) > max_bytes:
            raise DocumentTooLarge(f"The file has {len(body):,} bytes; at most {max_bytes:,} are allowed.")
        return body

    async def write(self, key: str, body: bytes, *, content_type: str | None = None) -> ObjectRef:
        self.contents[self.bucket, key] = body
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return ObjectRef(self.bucket, key, etag, len(body))

    async def delete(self, ref: ObjectRef) -> None:
        self.contents.pop((ref.bucket, ref.key), None)

    async def presign_upload(self, key: str, *, max_bytes: int, expires_seconds: int) -> tuple[str, dict[str, str]]:
        return f"https://{self.bucket}.test/", {"key": key, "policy": f"{max_bytes} bytes, {expires_seconds} seconds"}


class ScriptedParser:
    """Reads UTF-8 as one block a page, pages parted by form feeds; an error in `failures` is raised instead.

    `names` records what was parsed.
    """

    def __init__(self) -> None:
        self.failures: deque[Exception] = deque()
        self.names: list[str] = []

    def parse(self, name: str, body: bytes) -> ParsedDocument:
        self.names.append(name)
        if self.failures:
            raise self.failures.popleft()
        pages = body.decode().split("\f")
        return ParsedDocument("text", tuple(Block(text, page) for page, text in enumerate(pages, 1)), pages=len(pages))
