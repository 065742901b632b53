"""Conversations: messages in a tree, and what they cite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

# Finish reasons of answers that the model did not end itself.
STOPPED = "stopped"
INTERRUPTED = "interrupted"
FAILED = "error"


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, as the model counted them, and US dollars where somebody reckoned."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        costs = [cost for cost in (self.cost, other.cost) if cost is not None]
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the client sees it: numbered from 1 as in the prompt, with its best sentence as `quote`."""

    id: int
    document_id: UUID
    title: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer, and the message that it follows: a conversation is a tree, of which nothing is replaced.

    `sources` holds what an answer was made from, `citations` what it really cited. An answer that is still being made
    has no `finish_reason`.
    """

    id: UUID
    role: Role
    content: str
    citations: tuple[Source, ...] = ()
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    created_at: datetime | None = None
    parent_id: UUID | None = None
    sources: tuple[Source, ...] = ()


class TitledBy(StrEnum):
    """Where a title comes from; a later one of these takes the place of an earlier one, never the reverse."""

    QUESTION = "question"
    MODEL = "model"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with its messages, oldest first. `tip` is the last message of the path that is being read."""

    id: UUID
    title: str
    messages: tuple[Message, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    tip: UUID | None = None
    titled_by: TitledBy = TitledBy.QUESTION


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that is about to be answered, with the ids that the two messages will have.

    It follows the answer `parent_id` (None: it begins the conversation anew), or where `at_tip` is set, whatever the
    conversation ended with. `may_begin` allows a conversation that does not exist yet, which `title` will name.
    """

    conversation_id: UUID
    question_id: UUID
    answer_id: UUID
    text: str
    model: str
    title: str
    may_begin: bool = False
    at_tip: bool = True
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Regeneration:
    """Another answer to the question that `message_id` is, or is an answer to."""

    conversation_id: UUID
    message_id: UUID
    answer_id: UUID
    model: str
