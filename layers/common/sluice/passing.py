"""Conversations that the client keeps: it sends the whole history with each question, and nothing is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sluice.domain import Caller, Message, Regeneration, Turn
from sluice.errors import MessageNotFound
from sluice.events import AnswerEvent


class PassingConversation:
    """The `AnswerKeeper` that keeps nothing; `history` is what the client says was said, oldest first."""

    def __init__(self, history: Sequence[Message] = ()) -> None:
        self._history = list(history)

    async def begin(self, caller: Caller, turn: Turn, *, messages: int, characters: int) -> list[Message]:
        """Return the newest `messages` of the history."""
        return self._history[-messages:] if messages else []

    async def begin_again(
        self,
        caller: Caller,
        regeneration: Regeneration,
        *,
        messages: int,
        characters: int,
    ) -> list[Message]:
        """Raise `MessageNotFound`: there is nothing to answer again."""
        raise MessageNotFound

    async def save(
        self,
        caller: Caller,
        answer: Message,
        *,
        first: int = 0,
        events: Sequence[AnswerEvent] = (),
    ) -> bool:
        """The client keeps the answer, and wants it for as long as it reads."""
        return True

    async def keep_alive(self, caller: Caller, message_id: UUID) -> bool:
        """As `save`."""
        return True
