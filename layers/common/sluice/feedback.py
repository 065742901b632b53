"""What readers think of answers, kept with everything that the answer was made of, so that it can be judged again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from sluice.domain import Caller

Rating = Literal[1, -1]


@dataclass(frozen=True, slots=True)
class RatedPassage:
    """A passage that the answer rested on, as it read then; `cited` says whether the answer really used it."""

    document_id: UUID
    source: str
    title: str
    content: str
    start: int
    page: int | None
    cited: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's rating of one answer."""

    message_id: UUID
    user: str
    rating: Rating
    comment: str | None
    question: str
    answer: str
    model: str | None
    passages: tuple[RatedPassage, ...]
    created_at: datetime


class FeedbackStore(Protocol):
    """Keeps feedback."""

    async def rate(self, caller: Caller, message_id: UUID, rating: Rating, comment: str | None) -> None:
        """Keep the rating of an answer of the caller's, in place of an earlier one; raise `MessageNotFound`."""
        ...

    def all(self, tenant: str) -> AsyncGenerator[Feedback, None]:
        """Yield the tenant's feedback, oldest first."""
        ...
