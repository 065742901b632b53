"""What answering needs: a search, and a place for conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sluice.domain import (
    Caller,
    Conversation,
    EmbeddingSpace,
    Message,
    Passage,
    Regeneration,
    Search,
    TitledBy,
    Turn,
    Vector,
)
from sluice.events import AnswerEvent


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What the words of a query have found: chunks, how far each is, and the weights of the words."""

    ids: list[UUID]
    distances: list[float]
    weights: str | None


class PassageStore(Protocol):
    """Searches the chunks of documents that are ready."""

    async def look_up(self, search: Search, *, model: str | None = None) -> LookedUp | None:
        """Do the part of a search that needs no vector; None where there is none. For the rest see `search`."""
        ...

    async def search(
        self, search: Search, vector: Vector, *, model: str | None = None, looked_up: LookedUp | None = None
    ) -> list[Passage]:
        """Return what the search looks for, best first: found by meaning and by words, and scored by both.

        `vector` is one of `model`, the configured one where that is missing; `looked_up` is what `look_up` returned for
        the same search, which is then not done again. Raises `EmbeddingModelSwitched` when the search is by another
        model's vectors, or is so by now.
        """
        ...


class EmbeddingSpaces(Protocol):
    """Knows which model's vectors are stored."""

    async def current(self) -> EmbeddingSpace:
        """Return what is stored now; raise `EmbeddingModelMismatch` where the configured model has no place there."""
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

    async def keep_alive(self, caller: Caller, message_id: UUID) -> bool:
        """Give the same sign where there is nothing new to keep, and return the same."""
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
