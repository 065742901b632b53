"""What the use cases need from the world.

Real parts live in `adapters`, fakes in `testing`; both pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from sluice.domain import (
    Block,
    Caller,
    Chunk,
    Claim,
    Conversation,
    Document,
    EmbeddingUsage,
    Filter,
    Message,
    ObjectRef,
    ParsedDocument,
    Passage,
    Regeneration,
    TitledBy,
    Turn,
    Usage,
    Vector,
)
from sluice.events import AnswerEvent


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt, in the form that every chat API shares."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end that the model itself reported: `stop`, `length`, `content_filter`."""

    reason: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """Nothing was said yet, `reason` (an error's code) ended the attempt, and `model` is asked now."""

    state: Literal["retrying", "fallback"]
    model: str
    reason: str


class ChatModel(Protocol):
    """A language model."""

    @property
    def name(self) -> str: ...

    def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish | NextAttempt, None]:
        """Yield the answer as it is made, then exactly one `Finish`; raise `ModelError` if it can't be finished.

        `model` overrides the configured one. Closing the generator closes the upstream call. A model that is made of
        several yields a `NextAttempt` whenever it asks again, which it does only before the first text.
        """
        ...

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return how many tokens prompt and answer may have together; None where that is not known."""
        ...


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def model(self) -> str: ...

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:
        """Return one vector per text, in order; raise `ModelError`."""
        ...


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One unit vector per text, in order, and what they took."""

    vectors: list[Vector]
    usage: EmbeddingUsage


class DocumentEmbedder(Protocol):
    """Turns the texts of documents into unit vectors, and counts what that takes."""

    @property
    def model(self) -> str: ...

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one vector per text, in order; raise `ModelError`."""
        ...


class PassageStore(Protocol):
    """Searches the chunks of documents that are ready."""

    async def search(self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter) -> list[Passage]:
        """Return the best `limit` passages, best first: dense and lexical ranks fused in one statement."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer as it stands, and its events after the number that was asked for.

    `kept` tells whether any of its events are still kept at all.
    """

    answer: Message
    events: tuple[AnswerEvent, ...]
    kept: bool


class AnswerKeeper(Protocol):
    """Keeps questions and their answers while these are made."""

    async def begin(self, caller: Caller, turn: Turn, *, messages: int, characters: int) -> list[Message]:
        """Keep the question and an answer without text, in one statement; repeating it changes nothing.

        Returns the path that the question follows, oldest first, its newest `messages` at most and no more of them than
        it takes to have `characters`. Raises `MessageNotFound` when what it should follow is no answer of this
        conversation.
        """
        ...

    async def begin_again(
        self, caller: Caller, regeneration: Regeneration, *, messages: int, characters: int
    ) -> list[Message]:
        """Keep another answer without text beside those of the same question.

        Returns the path as above, with the question itself as its last message. Raises `MessageNotFound`.
        """
        ...

    async def save(
        self, caller: Caller, answer: Message, *, first: int = 0, events: Sequence[AnswerEvent] = ()
    ) -> bool:
        """Keep the answer as it stands and the next of its events, numbered from `first`, in one statement.

        It is also the sign that the answer's environment lives. Returns whether anybody still wants the answer: False
        once it was stopped or deleted. Repeating it changes nothing.
        """
        ...


class ConversationStore(AnswerKeeper, Protocol):
    """Keeps conversations, each of one user of a tenant; everybody else finds nothing (`ConversationNotFound`)."""

    async def recorded(self, caller: Caller, conversation_id: UUID, message_id: UUID, *, after: int) -> Recorded:
        """Return what is known of an answer and its events after number `after`; raise `MessageNotFound`.

        An answer whose environment gave no sign for a while has the finish reason `interrupted`.
        """
        ...

    async def stop(self, caller: Caller, conversation_id: UUID) -> list[UUID]:
        """Ask the answers that are being made to end; return their ids."""
        ...

    async def load(self, caller: Caller, conversation_id: UUID) -> Conversation:
        """Return the conversation with all branches of its messages."""
        ...

    async def page(
        self, caller: Caller, *, search: str | None = None, after: Conversation | None = None, limit: int
    ) -> list[Conversation]:
        """Return conversations without messages, last used first, whose title holds `search`, from `after` on."""
        ...

    async def rename(self, caller: Caller, conversation_id: UUID, title: str, *, by: TitledBy) -> None:
        """Change the title, unless the standing one is worth more (see `TitledBy`)."""
        ...

    async def select(self, caller: Caller, conversation_id: UUID, message_id: UUID) -> None:
        """Read on at the newest end of the branch that `message_id` is part of; raise `MessageNotFound`."""
        ...

    async def delete(self, caller: Caller, conversation_id: UUID) -> None:
        """Delete the conversation with all its messages; an answer that is being made ends."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the work on a document: `done` of `total`, where it is counted."""

    step: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A chunk that readers should find: its text and its stored vector."""

    content: str
    vector: Vector


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

        Raises `DocumentBusy` while another claim's lease runs. A claim goes on from what an earlier one has staged.
        """
        ...

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        """Note which bytes were really read."""
        ...

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        """Note the progress and renew the lease."""
        ...

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        """Stage those of the chunks whose content the document has already; return the ordinals that are staged."""
        ...

    async def stage(
        self,
        claim: Claim,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
        usage: EmbeddingUsage,
        progress: Progress,
    ) -> None:
        """Write chunks beside the ones that readers see, in one transaction with the progress and what they cost.

        Raises `EmbeddingModelMismatch` when the stored vectors come from another model than `model`.
        """
        ...

    async def publish(self, claim: Claim, *, kind: str, title: str | None, pages: int | None, chunks: int) -> None:
        """Swap the staged version in and the old one out, in one transaction."""
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

    async def find(self, caller: Caller, source: str) -> Document | None:
        """Return the document of an object, also where only its tombstone is left."""
        ...

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Raise `DocumentNotFound` when the caller has no such document."""
        ...

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        """Return documents, newest first."""
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
    """An object as it was read: `ref` names the version that the bytes are of."""

    ref: ObjectRef
    body: bytes


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

    async def write(self, key: str, body: bytes, *, content_type: str | None = None) -> ObjectRef:
        """Put the object; its event follows as for any other."""
        ...

    async def delete(self, ref: ObjectRef) -> None:
        """Delete the object; deleting what is gone is no error."""
        ...

    async def presign_upload(self, key: str, *, max_bytes: int, expires_seconds: int) -> tuple[str, dict[str, str]]:
        """Return the address and the form fields of a browser-style POST upload, good for one key and a time."""
        ...


class SourceLinks(Protocol):
    """Opens the bucket's objects to a browser."""

    async def presign_read(self, ref: ObjectRef, *, expires_seconds: int) -> str:
        """Return an address from which anybody can read the object for a time; it may be gone all the same."""
        ...


class Parser(Protocol):
    """Reads documents."""

    def parse(self, name: str, body: bytes) -> AsyncGenerator[ParsedDocument, None]:
        """Yield the document in parts as it is read: the same kind, title and pages, and the next blocks.

        Its kind is decided by content. Raises `DocumentError`, at times after the first parts.
        """
        ...


class TextRecognizer(Protocol):
    """Reads the text of scanned pages."""

    async def recognize(self, ref: ObjectRef) -> tuple[Block, ...]:
        """Return a block a page; raise `DocumentError` or what may pass."""
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
