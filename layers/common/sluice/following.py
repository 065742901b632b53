"""The use case of a reader who comes later: what an answer has said since, then what it says, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

from sluice.domain import INTERRUPTED, Caller, Message, Role, Usage
from sluice.errors import ConversationNotFound, EventsGone
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, AnswerStarted, SourceCited, SourcesFound, TextAdded
from sluice.ports import ConversationStore, Recorded

POLL_SECONDS = 0.4


class Following:
    """Follows answers through what is recorded of them, whichever environment makes them."""

    def __init__(self, *, conversations: ConversationStore, poll: float = POLL_SECONDS) -> None:
        self._conversations = conversations
        self._poll = poll

    async def open(
        self, caller: Caller, conversation_id: UUID, message_id: UUID, *, after: int = 0
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Return the events of an answer after number `after`; they end when the answer does.

        Of an answer that ended long ago the events are no longer kept: it is told anew from its message, or
        `EventsGone` is raised when the reader knows a part of it. Raises `MessageNotFound`.
        """
        recorded = await self._conversations.recorded(caller, conversation_id, message_id, after=after)
        if recorded.answer.finish_reason is None or recorded.kept:
            return self._follow(caller, conversation_id, recorded, after)
        if after > 0:
            raise EventsGone
        return _retell(conversation_id, recorded.answer)

    async def resume(self, caller: Caller, conversation_id: UUID) -> AsyncGenerator[AnswerEvent, None] | None:
        """Return the events of the answer that is being made at the end of a conversation; None where none is."""
        try:
            conversation = await self._conversations.load(caller, conversation_id)
        except ConversationNotFound:
            return None
        for message in conversation.messages:
            if message.id == conversation.tip and message.role is Role.ASSISTANT and message.finish_reason is None:
                return await self.open(caller, conversation_id, message.id)
        return None

    async def _follow(
        self, caller: Caller, conversation_id: UUID, recorded: Recorded, after: int
    ) -> AsyncGenerator[AnswerEvent, None]:
        while True:
            for event in recorded.events:
                yield event
            after += len(recorded.events)
            ended = bool(recorded.events) and isinstance(recorded.events[-1], AnswerDone | AnswerFailed)
            if ended or recorded.answer.finish_reason == INTERRUPTED:
                break
            if recorded.answer.finish_reason is not None and not recorded.events:
                return  # the reader knew all of it
            await asyncio.sleep(self._poll)
            recorded = await self._conversations.recorded(caller, conversation_id, recorded.answer.id, after=after)
        if not ended:
            yield _end(recorded.answer)


async def _retell(conversation_id: UUID, answer: Message) -> AsyncGenerator[AnswerEvent, None]:
    yield AnswerStarted(conversation_id, answer.id, answer.parent_id)
    yield SourcesFound(answer.sources)
    if answer.content:
        yield TextAdded(answer.content)
    for source in answer.citations:
        yield SourceCited(source)
    yield _end(answer)


def _end(answer: Message) -> AnswerDone:
    return AnswerDone(answer.finish_reason or INTERRUPTED, answer.model or "", answer.usage or Usage(), {})
