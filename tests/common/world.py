"""A use case of questions with fakes behind its ports."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sluice.answering import Answering
from sluice.domain import Caller, Conversation, Passage
from sluice.events import AnswerEvent, AnswerStarted
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages

CALLER = Caller("acme")
KRILL = Passage(
    chunk_id=UUID(int=1),
    document_id=UUID(int=2),
    source="s3://bucket/whales.pdf",
    title="Whales",
    content="Blue whales eat krill.",
    start=0,
    end=22,
    score=0.03,
    similarity=0.9,
    page=4,
)


class World:
    """Answering with fakes behind its ports."""

    def __init__(self, beat: float = 0.01, **limits: float) -> None:
        self.model = ScriptedModel()
        self.passages = ScriptedPassages([KRILL])
        self.conversations = InMemoryConversations()
        self.answering = Answering(
            retrieving=Retrieving(Searching(embedder=HashEmbedder(), passages=self.passages), Rewriter()),
            chat_model=self.model,
            conversations=self.conversations,
            limits=replace(Limits(question_characters=100), **limits),  # type: ignore[arg-type] # names are checked at run time
            beat=beat,
        )

    async def ask(self, text: str, conversation_id: UUID | None = None, **fields: Any) -> list[AnswerEvent]:
        events = await self.answering.open(CALLER, Question(text, conversation_id, **fields))
        return [event async for event in events]

    def kept(self) -> Conversation:
        [conversation] = self.conversations.kept.values()
        return conversation

    def ends(self) -> list[tuple[str, str | None]]:
        """Content and finish reason of each message."""
        return [(message.content, message.finish_reason) for message in self.kept().messages]


def started(events: list[AnswerEvent]) -> AnswerStarted:
    assert isinstance(events[0], AnswerStarted)
    return events[0]


async def until(events: AsyncGenerator[AnswerEvent, None], last: type) -> AsyncGenerator[AnswerEvent, None]:
    async for event in events:
        yield event
        if isinstance(event, last):
            return
