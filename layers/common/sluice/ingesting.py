"""The use case of ingestion: an object in the bucket becomes a document that questions can find."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sluice.chunking import split
from sluice.domain import Caller, Chunk, Document, DocumentStatus, ObjectRef, ParsedDocument, Vector
from sluice.errors import DocumentError, DocumentNotFound, EmptyDocument, ObjectGone, SluiceError
from sluice.events import IngestEnded, IngestEvent, IngestProgress
from sluice.ports import DocumentStore, Embedder, ObjectStore, Parser


@dataclass(frozen=True, slots=True)
class Sizes:
    """What bounds a document and its pieces: bytes of the object, characters of a chunk, chunks of one model call."""

    document_bytes: int
    chunk_characters: int
    chunk_overlap: int
    embedding_batch: int
    claim_seconds: float


class Ingesting:
    """Takes documents in and out. Doing any of it twice has the effect of doing it once."""

    def __init__(
        self, *, documents: DocumentStore, objects: ObjectStore, parser: Parser, embedder: Embedder, sizes: Sizes
    ) -> None:
        self._documents = documents
        self._objects = objects
        self._parser = parser
        self._embedder = embedder
        self._sizes = sizes

    async def ingest(self, caller: Caller, ref: ObjectRef) -> AsyncGenerator[IngestEvent, None]:
        """Yield each step, then one `IngestEnded` with the document `ready` or `failed`.

        A version that is ready already ends at once. Raises `DocumentBusy` while another environment works on the
        document, and whatever may pass (model, database, bucket); the document is then `pending` again, and if even
        that can't be written, its claim runs out after `claim_seconds`.
        """
        document = await self._documents.claim(caller, ref, lease_seconds=self._sizes.claim_seconds)
        if document is None:
            yield IngestEnded(await self._documents.register(caller, ref))
            return
        try:
            async with contextlib.aclosing(self._process(caller, ref, document)) as events:
                async for event in events:
                    yield event
        except DocumentNotFound:
            yield IngestEnded(_failed(document, ObjectGone("The document was deleted while it was being read.")))
        except DocumentError as error:
            yield IngestEnded(await self._fail(caller, document, error))
        except BaseException:
            # Also when the reader of the progress goes away, or the environment ends.
            with contextlib.suppress(SluiceError):
                await self._documents.release(caller, document.id)
            raise

    async def forget(self, caller: Caller, ref: ObjectRef) -> Document | None:
        """Delete the document of an object that is gone; None when there was none."""
        return await self._documents.delete_source(caller, ref.source)

    async def remove(self, caller: Caller, document_id: UUID) -> Document:
        """Delete a document and its object, the object first: its event makes up for a deletion that breaks off.

        Raises `DocumentNotFound` and `StorageUnavailable`.
        """
        document = await self._documents.get(caller, document_id)
        await self._objects.delete(_object_of(document))
        with contextlib.suppress(DocumentNotFound):
            await self._documents.delete(caller, document_id)
        return document

    async def _process(self, caller: Caller, ref: ObjectRef, document: Document) -> AsyncGenerator[IngestEvent, None]:
        yield IngestProgress("received", document.id)
        body = await self._objects.read(ref, max_bytes=self._sizes.document_bytes)
        parsed = await asyncio.to_thread(self._parser.parse, ref.name, body)
        yield IngestProgress("parsed", document.id, done=parsed.pages, total=parsed.pages)
        chunks = self._split(parsed)
        yield IngestProgress("chunked", document.id, done=len(chunks), total=len(chunks))
        vectors: list[Vector] = []
        for start in range(0, len(chunks), self._sizes.embedding_batch):
            vectors += await self._embed(chunks[start : start + self._sizes.embedding_batch])
            yield IngestProgress("embedded", document.id, done=len(vectors), total=len(chunks))
        stored = await self._documents.store(caller, document, parsed, chunks, vectors, model=self._embedder.model)
        yield IngestProgress("stored", document.id)
        yield IngestEnded(stored)

    def _split(self, parsed: ParsedDocument) -> list[Chunk]:
        chunks = split(parsed.blocks, size=self._sizes.chunk_characters, overlap=self._sizes.chunk_overlap)
        if not chunks:
            raise EmptyDocument
        return chunks

    async def _embed(self, chunks: Sequence[Chunk]) -> list[Vector]:
        """A chunk is found by what it says and by the headings that it stands under."""
        texts = [f"{chunk.heading}\n{chunk.content}" if chunk.heading else chunk.content for chunk in chunks]
        return await self._embedder.embed(texts, purpose="document")

    async def _fail(self, caller: Caller, document: Document, error: DocumentError) -> Document:
        try:
            return await self._documents.fail(caller, document.id, code=error.code, reason=error.message)
        except DocumentNotFound:
            return _failed(document, error)


def _object_of(document: Document) -> ObjectRef:
    bucket, _, key = document.source.removeprefix("s3://").partition("/")
    return ObjectRef(bucket, key)


def _failed(document: Document, error: DocumentError) -> Document:
    return replace(document, status=DocumentStatus.FAILED, code=error.code, reason=error.message)
