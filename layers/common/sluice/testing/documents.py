"""A document store, and the search over what it holds, for tests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sluice.domain import (
    Caller,
    Chunk,
    Claim,
    Document,
    DocumentStatus,
    EmbeddingUsage,
    Filter,
    ObjectRef,
    Passage,
    Vector,
    uuid7,
)
from sluice.errors import DocumentBusy, DocumentChanged, DocumentNotFound, EmbeddingModelMismatch, SluiceError
from sluice.ports import OtherVectors, Progress, Sample

StagedChunks = dict[int, tuple[Chunk, Vector]]


@dataclass
class _Record:
    document: Document
    token: UUID | None = None
    claimed_until: float = 0.0
    staged: UUID | None = None
    version: UUID | None = None
    versions: dict[UUID, StagedChunks] = field(default_factory=dict)


class InMemoryDocuments:
    """The `DocumentStore` in dictionaries. `contents` holds the chunks that readers see, by the document's id.

    An error in `failures` is raised by the next call of `stage`.
    """

    def __init__(self, *, model: str = "test/hash", clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._records: dict[tuple[str, str], _Record] = {}
        self.failures: deque[Exception] = deque()

    @property
    def contents(self) -> dict[UUID, list[tuple[Chunk, Vector]]]:
        return {
            record.document.id: [pair for _, pair in sorted(record.versions[record.version].items())]
            for record in self._records.values()
            if record.version
        }

    async def register(self, caller: Caller, ref: ObjectRef, *, again: bool = False) -> Document:
        record = self._records.get((caller.tenant, ref.source))
        if record is None:
            return self._add(caller, ref, DocumentStatus.PENDING).document
        known = record.document
        is_dead = known.status is DocumentStatus.DELETED
        if ref.sequencer and (ref.sequencer < known.sequencer or (is_dead and ref.sequencer == known.sequencer)):
            return known
        is_same_event = bool(ref.sequencer) and ref.sequencer == known.sequencer
        is_changed = is_dead or (known.etag != ref.etag and not is_same_event)
        is_newer = bool(ref.sequencer and known.sequencer) and ref.sequencer > known.sequencer
        is_later = bool(ref.written_at and known.updated_at and ref.written_at > known.updated_at)
        sequencer = "" if is_changed and not ref.sequencer else max(known.sequencer, ref.sequencer)
        record.document = replace(known, sequencer=sequencer)
        if is_changed:
            record.staged = None
            record.document = replace(record.document, etag=ref.etag, size=ref.size, tokens=0, cost=0.0)
        if is_dead:
            record.document = replace(record.document, id=uuid7(), title=ref.name, created_at=datetime.now(UTC))
        if is_changed or (known.status is DocumentStatus.FAILED and (again or is_newer or is_later)):
            record.token = None
            self._set(record, status=DocumentStatus.PENDING, code=None, reason=None, step=None, done=None, total=None)
        return record.document

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float, again: bool = False) -> Claim | None:
        document = await self.register(caller, ref, again=again)
        record = self._records[caller.tenant, ref.source]
        if document.status not in (DocumentStatus.PENDING, DocumentStatus.PROCESSING):
            return None
        if document.status is DocumentStatus.PROCESSING and record.claimed_until > self._clock():
            raise DocumentBusy
        record.token, record.claimed_until = uuid7(), self._clock() + lease_seconds
        record.staged = record.staged or uuid7()
        record.versions.setdefault(record.staged, {})
        self._set(
            record, status=DocumentStatus.PROCESSING, code=None, reason=None, step="received", done=None, total=None
        )
        return Claim(caller, record.document, record.token, record.staged, lease_seconds)

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        self._set(self._held(claim), etag=ref.etag, size=ref.size)

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        self._note(claim, progress)
        if pages is not None:
            self._set(self._held(claim), pages=pages)

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        record = self._held(claim)
        known = {
            chunk.digest: vector
            for (tenant, _), other in self._records.items()
            if tenant == claim.caller.tenant
            for version in other.versions.values()
            for chunk, vector in version.values()
        }
        staged = record.versions[claim.version]
        for chunk in chunks:
            if chunk.digest in known:
                staged[chunk.ordinal] = (chunk, known[chunk.digest])
        return {chunk.ordinal for chunk in chunks if chunk.digest in known}

    async def stage(
        self,
        claim: Claim,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
        usage: EmbeddingUsage,
        progress: Progress,
        other: OtherVectors | None = None,
    ) -> None:
        if self.failures:
            raise self.failures.popleft()
        if model != self._model:
            raise EmbeddingModelMismatch
        self._note(claim, progress, usage)
        pairs = zip(chunks, vectors, strict=True)
        self._held(claim).versions[claim.version].update({chunk.ordinal: (chunk, vector) for chunk, vector in pairs})

    async def publish(
        self,
        claim: Claim,
        *,
        kind: str,
        title: str | None,
        pages: int | None,
        chunks: int,
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        record = self._held(claim)
        record.version = claim.version
        kept = {ordinal: pair for ordinal, pair in record.versions[claim.version].items() if ordinal < chunks}
        record.versions = {claim.version: kept}
        title = title or record.document.title
        metadata = {**(metadata or {}), "kind": kind}
        self._set(record, kind=kind, title=title, pages=pages, chunks=chunks, metadata=metadata)
        self._set(record, step="stored", done=None, total=None)

    async def sample(self, claim: Claim) -> Sample:
        record = self._held(claim)
        chunk, vector = self.contents[record.document.id][record.document.chunks // 2]
        return Sample(chunk.content, vector, self._model)

    async def finish(self, claim: Claim) -> Document:
        record = self._held(claim)
        record.token = record.staged = None
        return self._set(record, status=DocumentStatus.READY, step="ready", done=None, total=None)

    async def release(self, claim: Claim, *, code: str | None = None, reason: str | None = None) -> None:
        record = self._find(claim)
        if record:
            record.token = None
            self._set(record, status=DocumentStatus.PENDING, code=code, reason=reason)

    async def fail(self, claim: Claim, *, code: str, reason: str) -> Document:
        record = self._held(claim)
        record.token = record.staged = None
        record.versions = {key: value for key, value in record.versions.items() if key == record.version}
        return self._set(record, status=DocumentStatus.FAILED, code=code, reason=reason)

    async def find(self, caller: Caller, source: str) -> Document | None:
        record = self._records.get((caller.tenant, source))
        return record.document if record else None

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        return self._by_id(caller, document_id).document

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        wanted = [document for document in self._living(caller) if collection in (None, document.collection)]
        return sorted(wanted, key=lambda document: document.id, reverse=True)[:limit]

    async def page(self, *, after: str, limit: int) -> list[Document]:
        documents = [record.document for record in self._records.values()]
        living = [document for document in documents if document.status is not DocumentStatus.DELETED]
        wanted = [document for document in living if document.source.encode() > after.encode()]
        return sorted(wanted, key=lambda document: document.source.encode())[:limit]

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        record = self._by_id(caller, document_id)
        return self._entomb(record, "")

    async def bury(self, caller: Caller, ref: ObjectRef) -> Document | None:
        record = self._records.get((caller.tenant, ref.source))
        if record is None:
            self._add(caller, ref, DocumentStatus.DELETED)
            return None
        if ref.sequencer and ref.sequencer < record.document.sequencer:
            return None
        document = self._entomb(record, ref.sequencer)
        return None if document.status is DocumentStatus.DELETED else document

    async def forget_tombstones(self, *, older_than_seconds: float) -> None:
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        for key, record in list(self._records.items()):
            changed = record.document.updated_at
            if record.document.status is DocumentStatus.DELETED and changed and changed < before:
                del self._records[key]

    def age(self, source: str, by: timedelta) -> None:
        """Let a document look as if it had changed so much earlier."""
        for (_, known), record in self._records.items():
            if known == source and (changed := record.document.updated_at):
                record.document = replace(record.document, updated_at=changed - by)

    def _add(self, caller: Caller, ref: ObjectRef, status: DocumentStatus) -> _Record:
        now = datetime.now(UTC)
        record = _Record(
            Document(
                uuid7(), ref.collection, ref.source, ref.name, status, ref.etag, size=ref.size, created_at=now,
                updated_at=now, sequencer=ref.sequencer,
            )
        )  # fmt: skip
        self._records[caller.tenant, ref.source] = record
        return record

    def _entomb(self, record: _Record, sequencer: str) -> Document:
        """Return what the document was."""
        was = record.document
        record.token = record.staged = record.version = None
        record.versions = {}
        self._set(record, status=DocumentStatus.DELETED, sequencer=max(was.sequencer, sequencer))
        return was

    def _note(self, claim: Claim, progress: Progress, usage: EmbeddingUsage = EmbeddingUsage()) -> None:  # noqa: B008 - frozen
        record = self._held(claim)
        record.claimed_until = max(record.claimed_until, self._clock() + claim.lease_seconds)
        known = record.document
        done = known.done if progress.done is None else progress.done
        total = known.total if progress.total is None else progress.total
        spent = {"tokens": known.tokens + usage.tokens, "cost": known.cost + usage.cost}
        self._set(record, step=progress.step, done=done, total=total, **spent)

    def _find(self, claim: Claim) -> _Record | None:
        record = self._records.get((claim.caller.tenant, claim.document.source))
        return record if record and record.token == claim.token else None

    def _held(self, claim: Claim) -> _Record:
        record = self._find(claim)
        if record is None:
            raise DocumentChanged
        return record

    def _set(self, record: _Record, **changes: object) -> Document:
        record.document = replace(record.document, updated_at=datetime.now(UTC), **changes)  # type: ignore[arg-type] # whichever fields a method names
        return record.document

    def _living(self, caller: Caller) -> list[Document]:
        mine = (record.document for (tenant, _), record in self._records.items() if tenant == caller.tenant)
        return [document for document in mine if document.status is not DocumentStatus.DELETED]

    def _by_id(self, caller: Caller, document_id: UUID) -> _Record:
        for (tenant, _), record in self._records.items():
            known = record.document
            if tenant == caller.tenant and known.id == document_id and known.status is not DocumentStatus.DELETED:
                return record
        raise DocumentNotFound


@dataclass
class DocumentPassages:
    """The `PassageStore` over the documents of a fake store: finds any chunk, nearest first.

    `blind` finds nothing; an error in `failures` is raised by the next search.
    """

    documents: InMemoryDocuments
    blind: bool = False
    failures: deque[SluiceError] = field(default_factory=deque)

    async def search(
        self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter, model: str | None = None
    ) -> list[Passage]:
        if self.failures:
            raise self.failures.popleft()
        found = [
            Passage(
                uuid7(), identifier, "", "", chunk.content, chunk.start, chunk.end, score=near, similarity=near,
                page=chunk.page, heading=chunk.heading,
            )
            for identifier, pairs in self.documents.contents.items()
            for chunk, stored in pairs
            if identifier in (where.document_ids or (identifier,))
            for near in (sum(a * b for a, b in zip(vector, stored, strict=True)),)
        ]  # fmt: skip
        return [] if self.blind else sorted(found, key=lambda passage: -passage.score)[:limit]
