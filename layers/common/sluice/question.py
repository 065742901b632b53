"""A question, how much may go into its answer, and on what terms it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sluice.domain import Filter, Usage
from sluice.ports import ChatModel


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks: alone, or as the next turn of a conversation.

    It follows what the conversation ended with, or, where `at_tip` is False, the answer `parent_id` (None: nothing, it
    is another beginning). `regenerate` names a message instead, whose question is answered again. `may_begin` allows a
    `conversation_id` that is new.
    """

    text: str = ""
    conversation_id: UUID | None = None
    where: Filter = field(default_factory=Filter)
    model: str | None = None
    at_tip: bool = True
    parent_id: UUID | None = None
    regenerate: UUID | None = None
    may_begin: bool = False

    @property
    def follows(self) -> bool:
        """Whether anything may have been said before it."""
        return bool(self.regenerate or self.parent_id or (self.conversation_id and self.at_tip))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a question may ask for, and how much goes into one answer.

    `prompt_tokens` bounds the history, `answer_tokens` is left free for the answer in the model's context;
    `waking_notice` and `waking_limit` are the seconds after which a client is told that the database is waking, and
    after which it has not woken.
    """

    passages: int = 8
    history_messages: int = 20
    prompt_characters: int = 48_000
    prompt_tokens: int = 16_000
    answer_tokens: int = 2_000
    question_characters: int = 16_000
    offered_models: frozenset[str] = frozenset()
    waking_notice: float = 2.0
    waking_limit: float = 45.0


class Terms(Protocol):
    """On what terms one question is answered, such as the limits of whoever asks."""

    async def ask(self) -> None:
        """Raise an error of ours where the question is not to be answered; nothing was kept yet."""
        ...

    def through(self, model: ChatModel) -> ChatModel:
        """Return the model as this answer may use it."""
        ...

    async def book(self, model: str, usage: Usage) -> None:
        """Count what was spent on the answer beside its own model."""
        ...
