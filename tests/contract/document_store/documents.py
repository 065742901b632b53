"""Documents on their way through a store, as the contract tests need them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sluice.domain import Caller, Chunk, Claim, Document, DocumentStatus, EmbeddingUsage, ObjectRef, Vector
from sluice.ports import DocumentStore, Embeddings, Progress, Summary

MODEL, DIMENSION = "test/hash", 64
CALLER = Caller("acme")
OTHER = Caller("other")
REF = ObjectRef("bucket", "team/a b.pdf", "etag-1", 1_000)


def timeless(document: Document | None) -> Document | None:
    return replace(document, created_at=None, updated_at=None) if document else None


def expected(document_id: UUID, status: DocumentStatus, **changes: object) -> Document:
    document = Document(document_id, "team", REF.source, "a b.pdf", status, REF.etag, size=REF.size)
    return replace(document, **changes)  # type: ignore[arg-type] # whichever fields a test names


def content(*texts: str) -> tuple[list[Chunk], list[Vector]]:
    chunks = [Chunk(index, text, 0, len(text), page=index + 1) for index, text in enumerate(texts)]
    return chunks, [[1.0] + [0.0] * (DIMENSION - 1) for _ in texts]


async def claimed(
    store: DocumentStore, ref: ObjectRef = REF, caller: Caller = CALLER, *, seconds: float = 60, again: bool = False
) -> Claim:
    claim = await store.claim(caller, ref, lease_seconds=seconds, again=again)
    assert claim
    return claim


async def staged(store: DocumentStore, claim: Claim, *texts: str, model: str = MODEL) -> None:
    chunks, vectors = content(*texts)
    progress = Progress("embedded", len(chunks), 9)
    await store.stage(claim, chunks, Embeddings(vectors, EmbeddingUsage(10, 0.5), model), progress=progress)


async def published(store: DocumentStore, claim: Claim, *texts: str) -> Document:
    await staged(store, claim, *texts)
    await store.publish(claim, Summary("pdf", len(texts), "A title", len(texts)))
    return await store.finish(claim)


async def stored(store: DocumentStore, ref: ObjectRef = REF, caller: Caller = CALLER) -> Document:
    return await published(store, await claimed(store, ref, caller), "One.", "Two.")


def event(sequencer: str, etag: str = "etag-1") -> ObjectRef:
    return replace(REF, sequencer=sequencer, etag=etag)
