"""What ingestion needs: documents with their chunks, the bucket, parsers, the queue."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sluice.domain import (
    Block,
    Caller,
    Chunk,
    Claim,
    Document,
    DocumentStatus,
    ObjectRef,
    ParsedDocument,
    Vector,
)
from sluice.ports.models import Embeddings


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the work on a document: `done` of `total`, where it is counted."""

    step: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A chunk that readers should find: its text and its stored vector, made by `model`."""

    content: str
    vector: Vector
    model: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read: the facts of a document, without its text."""

    kind: str
    chunks: int
    title: str | None = None
    pages: int | None = None
    pages_without_text: int | None = None


class DocumentStore(Protocol):
    """Keeps documents and their chunks. A document has one current version; readers never see half of one.

    What a claim writes is refused with `DocumentChanged` once the claim is lost: its lease ran out and another took the
    document, or the object was replaced or deleted.
    """

    async def register(self, caller: Caller, ref: ObjectRef, *, again: bool = False) -> Document:
        """Return the document of this object, made `pending` when the object is new or its bytes are.

        An event that is older than what is known changes nothing, and neither does one that came before. A failed
        version is pending again when the object was put anew, or when `again` says that it is to be tried.
        """
        ...

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float, again: bool = False) -> Claim | None:
        """Register the object and take its document for processing; None when there is nothing to do.

        Raises `DocumentBusy` while another claim's lease runs, with how long that is at most where it is known. A claim
        goes on from what an earlier one has staged.
        """
        ...

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        """Note which bytes were really read."""
        ...

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        """Note the progress and renew the lease; with new `pages`, those without text are unknown until `publish`."""
        ...

    async def renew(self, claim: Claim) -> None:
        """Let the lease run from now."""
        ...

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        """Stage those of the chunks whose content the tenant has already; return the ordinals that are staged.

        No tenant gets another's vectors: how soon its document is ready would tell what others have.
        """
        ...

    async def stage(self, claim: Claim, chunks: Sequence[Chunk], embeddings: Embeddings, *, progress: Progress) -> None:
        """Note the progress and what the chunks cost, and write them, all or none, beside the ones that readers see.

        While the embedding model changes, the other vectors are kept beside these. Raises `EmbeddingModelMismatch` when
        the stored vectors come from another model than these, which must be named, `EmbeddingModelSwitched` when they
        do since just now.
        """
        ...

    async def publish(self, claim: Claim, read: Summary, *, metadata: Mapping[str, object] | None = None) -> None:
        """Swap the staged version in and the old one out, with their metadata, in one transaction."""
        ...

    async def sample(self, claim: Claim) -> Sample:
        """Return a chunk from the middle of what readers see."""
        ...

    async def finish(self, claim: Claim) -> Document:
        """End the claim: the document is `ready`."""
        ...

    async def release(self, claim: Claim, *, code: str | None = None, reason: str | None = None) -> None:
        """Give the claim back: the document is `pending`, with what was staged and why it waits. Never fails."""
        ...

    async def fail(self, claim: Claim, *, code: str, reason: str) -> Document:
        """End the claim: the document is `failed`, with a reason in words; an older version stays searchable."""
        ...

    async def label(
        self, caller: Caller, document_id: UUID, metadata: Mapping[str, object], *, was: ObjectRef, now: ObjectRef
    ) -> Document:
        """Give a document that is read already other metadata, as its object `was`, which is `now` another version.

        Raises `DocumentBusy` when it is not, or is not of that version, and `DocumentNotFound`.
        """
        ...

    async def find(self, caller: Caller, source: str) -> Document | None:
        """Return the document of an object, also where only its tombstone is left."""
        ...

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Raise `DocumentNotFound` when the caller has no such document."""
        ...

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
        """Return documents, newest first: of a collection, a status or a source, made before the one with this id."""
        ...

    async def page(self, *, after: str, limit: int) -> list[Document]:
        """Return every tenant's documents in the order of their sources, from the first one after `after`."""
        ...

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        """Delete the document with all its chunks and return what it was; raise `DocumentNotFound`."""
        ...

    async def bury(self, caller: Caller, ref: ObjectRef) -> Document | None:
        """Delete the document of an object that is gone and remember when; None when there was none, or a newer one."""
        ...

    async def forget_tombstones(self, *, older_than_seconds: float) -> None:
        """Drop the tombstones that no event can come after."""
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was read: `ref` names the version that the bytes are of, `metadata` what it carries."""

    ref: ObjectRef
    body: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


class ObjectStore(Protocol):
    """The bucket where documents land."""

    async def read(self, ref: ObjectRef, *, max_bytes: int) -> StoredObject:
        """Return the object as it is now, whatever version `ref` names.

        Raises `ObjectGone`, `ObjectArchived`, `DocumentTooLarge` or `StorageUnavailable`.
        """
        ...

    async def current(self, ref: ObjectRef) -> ObjectRef | None:
        """Return the object's present version; None when it is gone."""
        ...

    def list(self) -> AsyncGenerator[ObjectRef, None]:
        """Yield every object of the bucket in the order of the keys' UTF-8."""
        ...

    async def write(
        self, key: str, body: bytes, *, content_type: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> ObjectRef:
        """Put the object with the metadata that it carries; its event follows as for any other."""
        ...

    async def carried(self, ref: ObjectRef) -> Mapping[str, str]:
        """Return the metadata that the object carries as it is now; raise `ObjectGone`."""
        ...

    async def relabel(self, ref: ObjectRef, metadata: Mapping[str, str]) -> ObjectRef:
        """Let the object carry this metadata alone, and return it; its event follows as for any other.

        Raises `DocumentBusy` when it is not the version that `ref` names, `ObjectGone`.
        """
        ...

    async def delete(self, ref: ObjectRef) -> None:
        """Delete the object; deleting what is gone is no error."""
        ...

    async def presign_upload(
        self, key: str, *, max_bytes: int, expires_seconds: int, metadata: Mapping[str, str] | None = None
    ) -> tuple[str, dict[str, str]]:
        """Return the address and the form fields of a browser-style POST upload, good for one key and a time.

        Raises `InvalidInput` for a key that the bucket would fill in.
        """
        ...


class SourceLinks(Protocol):
    """Opens the bucket's objects to a browser."""

    async def presign_read(self, ref: ObjectRef, *, expires_seconds: int) -> str:
        """Return an address from which anybody can read the object for a time; it may be gone all the same."""
        ...


class Parser(Protocol):
    """Reads documents."""

    def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:
        """Yield the document in parts as it is read: the same kind, title and pages, and the next blocks.

        What one tenant's document does to its reader reaches no other tenant's. Its kind is decided by content. Raises
        `DocumentError`, at times after the first parts.
        """
        ...

    async def excerpt(self, body: bytes, pages: Sequence[int], *, tenant: str = "") -> bytes:
        """Return a PDF of these pages of a PDF, counted from 1; raise `DocumentError`."""
        ...


class TextRecognizer(Protocol):
    """Reads the text of scanned pages."""

    async def recognize(self, ref: ObjectRef) -> tuple[Block, ...]:
        """Return a block a page; raise `DocumentError` or what may pass.

        Asked again about the same key and etag, even after it was interrupted, it does not do the work again.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was tried too often; `receipt` drops it."""

    body: str
    receipt: str


class IngestQueue(Protocol):
    """The queue that brings the bucket's events to the ingest function, and its dead letters.

    Every method raises `QueueUnavailable`.
    """

    async def send(self, body: str, *, delay_seconds: int = 0, again: bool = False) -> None:
        """Queue a message; `again` tells its reader to try a version that has failed before."""
        ...

    async def show_again(self, receipt: str, *, after_seconds: int) -> None:
        """Let a message that failed come back after this time, instead of the queue's own."""
        ...

    async def dead_letters(self) -> list[DeadLetter]:
        """Return some dead letters and hide them for a while; none when there are none left."""
        ...

    async def drop(self, letter: DeadLetter) -> None:
        """Delete a dead letter."""
        ...
