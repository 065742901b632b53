"""What the use cases need from the world.

Real parts live in `adapters`, fakes in `testing`; both pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from sluice.domain import (
    Caller,
    Chunk,
    Conversation,
    Document,
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


class ConversationStore(Protocol):
    """Keeps conversations, each of one user of a tenant; everybody else finds nothing (`ConversationNotFound`)."""

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


class DocumentStore(Protocol):
    """Keeps documents and their chunks. A document has one current version; readers never see half of one."""

    async def register(self, caller: Caller, ref: ObjectRef) -> Document:
        """Return the document of this object, made `pending` when the object is new; repeating it changes nothing."""
        ...

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float) -> Document | None:
        """Register the object and take its document for processing; None when this version is ready already.

        A failed one can be claimed again. Raises `DocumentBusy` while another claim's lease runs.
        """
        ...

    async def release(self, caller: Caller, document_id: UUID) -> None:
        """Give a claim back: the document is `pending` again, for whoever comes next."""
        ...

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
        """Write a new version beside the old one, swap them in one transaction and return the ready document.

        Raises `EmbeddingModelMismatch` when the stored vectors come from another model than `model`.
        """
        ...

    async def fail(self, caller: Caller, document_id: UUID, *, code: str, reason: str) -> Document:
        """Mark the document failed with a reason in words; an older version that was ready stays searchable."""
        ...

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Raise `DocumentNotFound` when the caller has no such document."""
        ...

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        """Return documents, newest first."""
        ...

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        """Delete the document with all its chunks and return what it was; raise `DocumentNotFound`."""
        ...

    async def delete_source(self, caller: Caller, source: str) -> Document | None:
        """Delete the document of an object that is gone; None when there was none."""
        ...


class ObjectStore(Protocol):
    """The bucket where documents land."""

    async def read(self, ref: ObjectRef, *, max_bytes: int) -> bytes:
        """Return the object's bytes; raise `ObjectGone`, `DocumentTooLarge` or `StorageUnavailable`."""
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


class Parser(Protocol):
    """Reads documents."""

    def parse(self, name: str, body: bytes) -> ParsedDocument:
        """Return the document's text; its kind is decided by content. Raises `DocumentError`."""
        ...
