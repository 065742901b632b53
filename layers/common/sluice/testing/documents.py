"""A document store for tests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sluice.domain import Caller, Chunk, Claim, Document, DocumentStatus, EmbeddingUsage, ObjectRef, Vector, uuid7
from sluice.errors import DocumentBusy, EmbeddingModelMismatch
from sluice.ports import Embeddings, Progress, Sample, Summary
from sluice.testing.document_records import Record, Records

_NO_USAGE = EmbeddingUsage()


class InMemoryDocuments:
    """The `DocumentStore` in dictionaries. `contents` holds the chunks that readers see, by the document's id.

    An error in `failures` is raised by the next call of `stage`.
    """

    def __init__(self, *, model: str = "test/hash", clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._records = Records()
        self.failures: deque[Exception] = deque()

    @property
    def contents(self) -> dict[UUID, list[tuple[Chunk, Vector]]]:
        return {record.document.id: record.seen for record in self._records if record.version}

    async def register(self, caller: Caller, ref: ObjectRef, *, again: bool = False) -> Document:
        return self._heard(caller, ref, again).document

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float, again: bool = False) -> Claim | None:
        record = self._heard(caller, ref, again)
        if record.document.status not in (DocumentStatus.PENDING, DocumentStatus.PROCESSING):
            return None
        if record.document.status is DocumentStatus.PROCESSING and record.claimed_until > self._clock():
            raise DocumentBusy(retry_after=record.claimed_until - self._clock())
        token = uuid7()
        version = record.hold(token, self._clock() + lease_seconds)
        return Claim(caller, record.document, token, version, lease_seconds)

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        self._records.held(claim).change(etag=ref.etag, size=ref.size)

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        self._note(claim, progress)
        if pages is not None:
            self._records.held(claim).change(pages=pages, pages_without_text=None)

    async def renew(self, claim: Claim) -> None:
        self._records.held(claim).renew(self._clock() + claim.lease_seconds)

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        staged = self._records.held(claim).versions[claim.version]
        versions = [version for record in self._records.of(claim.caller) for version in record.versions.values()]
        known = {chunk.digest: vector for version in versions for chunk, vector in version.values()}
        there = [chunk for chunk in chunks if chunk.digest in known]
        staged.update({chunk.ordinal: (chunk, known[chunk.digest]) for chunk in there})
        return {chunk.ordinal for chunk in there}

    async def stage(self, claim: Claim, chunks: Sequence[Chunk], embeddings: Embeddings, *, progress: Progress) -> None:
        if self.failures:
            raise self.failures.popleft()
        if embeddings.model != self._model:
            raise EmbeddingModelMismatch
        self._note(claim, progress, embeddings.usage)
        staged = self._records.held(claim).versions[claim.version]
        staged.update(
            {chunk.ordinal: (chunk, vector) for chunk, vector in zip(chunks, embeddings.vectors, strict=True)}
        )

    async def publish(self, claim: Claim, read: Summary, *, metadata: Mapping[str, object] | None = None) -> None:
        record = self._records.held(claim)
        record.publish(claim.version, read.chunks)
        told = asdict(read) | {"title": read.title or record.document.title}
        metadata = {**(metadata or {}), "kind": read.kind}
        record.change(**told, metadata=metadata, step="stored", done=None, total=None)

    async def sample(self, claim: Claim) -> Sample:
        record = self._records.held(claim)
        chunk, vector = record.seen[record.document.chunks // 2]
        return Sample(chunk.content, vector, self._model)

    async def finish(self, claim: Claim) -> Document:
        record = self._records.held(claim)
        record.token = record.staged = None
        return record.change(status=DocumentStatus.READY, step="ready", done=None, total=None)

    async def release(self, claim: Claim, *, code: str | None = None, reason: str | None = None) -> None:
        if record := self._records.holder(claim):
            record.token = None
            record.change(status=DocumentStatus.PENDING, code=code, reason=reason)

    async def fail(self, claim: Claim, *, code: str, reason: str) -> Document:
        record = self._records.held(claim)
        record.drop_staged()
        return record.change(status=DocumentStatus.FAILED, code=code, reason=reason)

    async def label(
        self, caller: Caller, document_id: UUID, metadata: Mapping[str, object], *, was: ObjectRef, now: ObjectRef
    ) -> Document:
        record = self._records.by_id(caller, document_id)
        known = record.document
        if known.etag != was.etag or known.status not in (DocumentStatus.READY, DocumentStatus.FAILED):
            raise DocumentBusy
        kind = {"kind": known.kind} if known.kind else {}
        return record.change(metadata={**metadata, **kind}, etag=now.etag)

    async def find(self, caller: Caller, source: str) -> Document | None:
        record = self._records.find(caller, source)
        return record.document if record else None

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        return self._records.by_id(caller, document_id).document

    async def recent(
        self,
        caller: Caller,
        *,
        collection: str | None,
        limit: int,
        status: DocumentStatus | None = None,
        source: str | None = None,
        before: UUID | None = None,
    ) -> list[Document]:
        wanted = [
            document
            for document in (record.document for record in self._records.of(caller) if record.is_living)
            if collection in (None, document.collection)
            and status in (None, document.status)
            and source in (None, document.source)
            and (before is None or document.id < before)
        ]
        return sorted(wanted, key=lambda document: document.id, reverse=True)[:limit]

    async def page(self, *, after: str, limit: int) -> list[Document]:
        living = [record.document for record in self._records if record.is_living]
        wanted = [document for document in living if document.source.encode() > after.encode()]
        return sorted(wanted, key=lambda document: document.source.encode())[:limit]

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        return self._records.by_id(caller, document_id).entomb("")

    async def bury(self, caller: Caller, ref: ObjectRef) -> Document | None:
        record = self._records.find(caller, ref.source)
        if record is None:
            self._records.add(caller, ref, DocumentStatus.DELETED)
            return None
        if ref.sequencer and ref.sequencer < record.document.sequencer:
            return None
        document = record.entomb(ref.sequencer)
        return None if document.status is DocumentStatus.DELETED else document

    async def forget_tombstones(self, *, older_than_seconds: float) -> None:
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        for record in self._records:
            changed = record.document.updated_at
            if not record.is_living and changed and changed < before:
                self._records.drop(record)

    def age(self, source: str, by: timedelta) -> None:
        """Let a document look as if it had changed so much earlier."""
        for record in self._records:
            if record.document.source == source and (changed := record.document.updated_at):
                record.document = replace(record.document, updated_at=changed - by)

    def _heard(self, caller: Caller, ref: ObjectRef, again: bool) -> Record:
        record = self._records.find(caller, ref.source)
        if record is None:
            return self._records.add(caller, ref, DocumentStatus.PENDING)
        record.hear(ref, again=again)
        return record

    def _note(self, claim: Claim, progress: Progress, usage: EmbeddingUsage = _NO_USAGE) -> None:
        self._records.held(claim).note(progress, usage, self._clock() + claim.lease_seconds)
