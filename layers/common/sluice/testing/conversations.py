"""A conversation store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sluice.domain import Caller, Conversation, Message
from sluice.errors import ConversationNotFound, SluiceError


class InMemoryConversations:
    """Keeps conversations in `kept`, under tenant and id; `failure`, if set, is raised instead."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, UUID], Conversation] = {}
        self.failure: SluiceError | None = None

    async def load(self, caller: Caller, conversation_id: UUID, *, last: int) -> Conversation:
        """Return the conversation with its `last` messages; raise `ConversationNotFound`."""
        self._fail()
        conversation = self.kept.get((caller.tenant, conversation_id))
        if conversation is None:
            raise ConversationNotFound
        return replace(conversation, messages=conversation.messages[-last:] if last else ())

    async def append(self, caller: Caller, conversation_id: UUID, title: str, messages: Sequence[Message]) -> None:
        """Add messages that are new, beginning the conversation if need be."""
        self._fail()
        if any(known == conversation_id and tenant != caller.tenant for tenant, known in self.kept):
            raise ConversationNotFound
        key = (caller.tenant, conversation_id)
        conversation = self.kept.get(key, Conversation(conversation_id, title))
        known_ids = {message.id for message in conversation.messages}
        new = tuple(message for message in messages if message.id not in known_ids)
        self.kept[key] = replace(conversation, messages=conversation.messages + new)

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
