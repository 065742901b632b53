"""A feedback store in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sluice.domain import Caller, Message, Role
from sluice.errors import MessageNotFound
from sluice.feedback import Feedback, RatedPassage, Rating
from sluice.testing.conversations import InMemoryConversations


@dataclass
class InMemoryFeedback:
    """The `FeedbackStore` in a dictionary; the answers are those of `conversations`."""

    conversations: InMemoryConversations
    kept: dict[tuple[str, UUID, str], Feedback] = field(default_factory=dict)

    async def rate(self, caller: Caller, message_id: UUID, rating: Rating, comment: str | None) -> None:
        question, answer = self._turn(caller, message_id)
        cited = {source.id for source in answer.citations}
        passages = tuple(
            RatedPassage(each.document_id, each.source, each.title, each.quote, each.start, each.page, each.id in cited)
            for each in answer.sources
        )
        self.kept[caller.tenant, message_id, caller.user] = Feedback(
            message_id, caller.user, rating, comment, question.content, answer.content, answer.model, passages,
            datetime.now(UTC),
        )  # fmt: skip

    async def all(self, tenant: str) -> AsyncGenerator[Feedback, None]:
        mine = [each for (whose, *_), each in self.kept.items() if whose == tenant]
        for each in sorted(mine, key=lambda each: each.created_at):
            yield each

    def _turn(self, caller: Caller, message_id: UUID) -> tuple[Message, Message]:
        messages = {
            message.id: message
            for (tenant, user, _), conversation in self.conversations.kept.items()
            for message in conversation.messages
            if (tenant, user) == (caller.tenant, caller.user)
        }
        answer = messages.get(message_id)
        if not answer or answer.role is not Role.ASSISTANT or not answer.finish_reason or not answer.parent_id:
            raise MessageNotFound("There is no finished answer with this id.")
        return messages[answer.parent_id], answer
