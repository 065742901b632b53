"""What the fake document store knows of each object: its document, who holds it, its chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sluice.domain import Caller, Chunk, Claim, Document, DocumentStatus, EmbeddingUsage, ObjectRef, Vector, uuid7
from sluice.errors import DocumentChanged, DocumentNotFound
from sluice.ports import Progress

StagedChunks = dict[int, tuple[Chunk, Vector]]


@dataclass
class Record:
    """One object's document. `version` is what readers see, `staged` what the claim with this `token` writes."""

    document: Document
    token: UUID | None = None
    claimed_until: float = 0.0
    staged: UUID | None = None
    version: UUID | None = None
    versions: dict[UUID, StagedChunks] = field(default_factory=dict)

    @property
    def is_living(self) -> bool:
        return self.document.status is not DocumentStatus.DELETED

    @property
    def seen(self) -> list[tuple[Chunk, Vector]]:
        """The chunks that readers see, in their order."""
        return [pair for _, pair in sorted(self.versions[self.version].items())] if self.version else []

    def change(self, **changes: Any) -> Document:
        """Change the document and note when."""
        self.document = replace(self.document, updated_at=datetime.now(UTC), **changes)
        return self.document

    def hear(self, ref: ObjectRef, *, again: bool) -> None:
        """Take in what an event says, unless something newer is known."""
        known = self.document
        is_dead = not self.is_living
        if ref.sequencer and (ref.sequencer < known.sequencer or (is_dead and ref.sequencer == known.sequencer)):
            return
        is_same_event = bool(ref.sequencer) and ref.sequencer == known.sequencer
        is_changed = is_dead or (known.etag != ref.etag and not is_same_event)
        sequencer = "" if is_changed and not ref.sequencer else max(known.sequencer, ref.sequencer)
        self.document = replace(known, sequencer=sequencer)
        if is_changed:
            self.staged = None
            self.document = replace(self.document, etag=ref.etag, size=ref.size, tokens=0, cost=0.0)
        if is_dead:
            self.document = replace(self.document, id=uuid7(), title=ref.name, created_at=datetime.now(UTC))
        if is_changed or (known.status is DocumentStatus.FAILED and (again or _is_put_anew(known, ref))):
            self.token = None
            self.change(status=DocumentStatus.PENDING, code=None, reason=None, step=None, done=None, total=None)

    def hold(self, token: UUID, until: float) -> UUID:
        """Give the document to a claim; return the version that it writes."""
        self.token, self.claimed_until = token, until
        self.staged = self.staged or uuid7()
        self.versions.setdefault(self.staged, {})
        nothing = {"code": None, "reason": None, "done": None, "total": None}
        self.change(status=DocumentStatus.PROCESSING, step="received", **nothing)
        return self.staged

    def note(self, progress: Progress, usage: EmbeddingUsage, until: float) -> None:
        """Keep how far the work is and what it has taken."""
        self.renew(until)
        known = self.document
        done = known.done if progress.done is None else progress.done
        total = known.total if progress.total is None else progress.total
        spent = {"tokens": known.tokens + usage.tokens, "cost": known.cost + usage.cost}
        self.change(step=progress.step, done=done, total=total, **spent)

    def renew(self, until: float) -> None:
        """Let the lease end then, or when it would have."""
        self.claimed_until = max(self.claimed_until, until)

    def publish(self, version: UUID, chunks: int) -> None:
        """Let readers see this version, and drop all else."""
        self.version = version
        self.versions = {version: {at: pair for at, pair in self.versions[version].items() if at < chunks}}

    def drop_staged(self) -> None:
        self.token = self.staged = None
        self.versions = {key: value for key, value in self.versions.items() if key == self.version}

    def entomb(self, sequencer: str) -> Document:
        """Leave a tombstone; return what the document was."""
        was = self.document
        self.token = self.staged = self.version = None
        self.versions = {}
        self.change(status=DocumentStatus.DELETED, sequencer=max(was.sequencer, sequencer))
        return was


class Records:
    """The records of every tenant, by whose they are and their sources."""

    def __init__(self) -> None:
        self._by_source: dict[tuple[str, str], Record] = {}

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._by_source.values()))

    def of(self, caller: Caller) -> list[Record]:
        return [record for (tenant, _), record in self._by_source.items() if tenant == caller.tenant]

    def find(self, caller: Caller, source: str) -> Record | None:
        return self._by_source.get((caller.tenant, source))

    def by_id(self, caller: Caller, document_id: UUID) -> Record:
        """Raise `DocumentNotFound` when the caller has no such document."""
        for record in self.of(caller):
            if record.document.id == document_id and record.is_living:
                return record
        raise DocumentNotFound

    def holder(self, claim: Claim) -> Record | None:
        record = self.find(claim.caller, claim.document.source)
        return record if record and record.token == claim.token else None

    def held(self, claim: Claim) -> Record:
        """Raise `DocumentChanged` when the claim is lost."""
        record = self.holder(claim)
        if record is None:
            raise DocumentChanged
        return record

    def add(self, caller: Caller, ref: ObjectRef, status: DocumentStatus) -> Record:
        now = datetime.now(UTC)
        document = Document(uuid7(), ref.collection, ref.source, ref.name, status, ref.etag, size=ref.size)
        record = Record(replace(document, created_at=now, updated_at=now, sequencer=ref.sequencer))
        self._by_source[caller.tenant, ref.source] = record
        return record

    def drop(self, dropped: Record) -> None:
        self._by_source = {key: record for key, record in self._by_source.items() if record is not dropped}


def _is_put_anew(known: Document, ref: ObjectRef) -> bool:
    is_newer = bool(ref.sequencer and known.sequencer) and ref.sequencer > known.sequencer
    return is_newer or bool(ref.written_at and known.updated_at and ref.written_at > known.updated_at)
