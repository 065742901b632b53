"""A conversation store in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from sluice import branching
from sluice.domain import INTERRUPTED, Caller, Conversation, Message, Regeneration, Role, TitledBy, Turn
from sluice.errors import ConversationNotFound, MessageNotFound, SluiceError
from sluice.events import AnswerEvent
from sluice.ports import Recorded

_RANKS = list(TitledBy)


@dataclass
class Record:
    """What is kept of one answer beside its message."""

    events: list[AnswerEvent] = field(default_factory=list)
    stop_requested: bool = False
    saves: int = 0
    signs: int = 0


class InMemoryConversations:
    """Keeps conversations in `kept`, under tenant, user and id, and what was recorded of each answer in `records`.

    `failures` are raised by the calls to come, one each; while `away` is set, every call raises it. Answers in `dead`
    count as interrupted. A save waits for `keeping`, if there is one, and tells `reached` that it does.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, UUID], Conversation] = {}
        self.records: dict[UUID, Record] = {}
        self.failures: list[SluiceError] = []
        self.away: Exception | None = None
        self.dead: set[UUID] = set()
        self.keeping: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def begin(self, caller: Caller, turn: Turn, *, messages: int, characters: int) -> list[Message]:
        """Add question and answer, beginning the conversation where that is allowed."""
        self._fail()
        conversation = self._begun(caller, turn)
        tip = _before(conversation, turn.question_id)
        parent = tip if turn.at_tip else turn.parent_id
        if parent is not None and self._message(conversation, parent).role is not Role.ASSISTANT:
            raise MessageNotFound
        asked = Message(turn.question_id, Role.USER, turn.text, parent_id=parent)
        answer = Message(turn.answer_id, Role.ASSISTANT, "", model=turn.model, parent_id=asked.id)
        self._add(caller, conversation, asked, answer)
        return _newest(branching.path(conversation.messages, parent), messages, characters)

    async def begin_again(
        self, caller: Caller, regeneration: Regeneration, *, messages: int, characters: int
    ) -> list[Message]:
        """Add another answer to a question."""
        self._fail()
        conversation = self._get(caller, regeneration.conversation_id)
        named = self._message(conversation, regeneration.message_id)
        question = (
            named if named.role is Role.USER or not named.parent_id else self._message(conversation, named.parent_id)
        )
        answer = Message(regeneration.answer_id, Role.ASSISTANT, "", model=regeneration.model, parent_id=question.id)
        self._add(caller, conversation, answer)
        earlier = branching.path(conversation.messages, question.parent_id)
        return [*_newest(earlier, messages, characters), question]

    async def save(
        self, caller: Caller, answer: Message, *, first: int = 0, events: Sequence[AnswerEvent] = ()
    ) -> bool:
        """Replace the answer and add its events; False once it was stopped or deleted."""
        self._fail()
        if self.keeping:
            self.reached.set()
            await self.keeping.wait()
        conversation = self._holding(caller, answer.id)
        if conversation is None:
            return False
        self._put(caller, replace(conversation, messages=_with(conversation.messages, answer)))
        record = self.records[answer.id]
        record.events[first - 1 :] = events
        record.saves += 1
        return not record.stop_requested

    async def keep_alive(self, caller: Caller, message_id: UUID) -> bool:
        """Return what `save` does."""
        self._fail()
        if self._holding(caller, message_id) is None:
            return False
        record = self.records[message_id]
        record.signs += 1
        return not record.stop_requested

    async def recorded(self, caller: Caller, conversation_id: UUID, message_id: UUID, *, after: int) -> Recorded:
        """Return the answer and its events after `after`."""
        self._fail()
        answer = self._read(self._message(self._get(caller, conversation_id), message_id))
        if answer.role is not Role.ASSISTANT:
            raise MessageNotFound
        events = self.records[message_id].events
        return Recorded(answer, tuple(events[after:]), bool(events))

    async def stop(self, caller: Caller, conversation_id: UUID) -> list[UUID]:
        """Set the flag that `save` returns."""
        self._fail()
        running = [
            message.id
            for message in self._get(caller, conversation_id).messages
            if message.role is Role.ASSISTANT and self._read(message).finish_reason is None
        ]
        for message_id in running:
            self.records[message_id].stop_requested = True
        return running

    async def load(self, caller: Caller, conversation_id: UUID) -> Conversation:
        """Return the conversation with all its messages."""
        self._fail()
        conversation = self._get(caller, conversation_id)
        return replace(conversation, messages=tuple(map(self._read, conversation.messages)))

    async def page(
        self, caller: Caller, *, search: str | None = None, after: Conversation | None = None, limit: int
    ) -> list[Conversation]:
        """Return the conversations, last used first."""
        self._fail()
        mine = [
            replace(conversation, messages=())
            for (tenant, user, _), conversation in self.kept.items()
            if (tenant, user) == (caller.tenant, caller.user) and (search or "").lower() in conversation.title.lower()
        ]
        mine.sort(key=_last_used, reverse=True)
        return [each for each in mine if after is None or _last_used(each) < _last_used(after)][:limit]

    async def rename(self, caller: Caller, conversation_id: UUID, title: str, *, by: TitledBy) -> None:
        """Change the title, unless the standing one is worth more."""
        self._fail()
        conversation = self._get(caller, conversation_id)
        if _RANKS.index(conversation.titled_by) <= _RANKS.index(by):
            self._put(caller, replace(conversation, title=title, titled_by=by))

    async def select(self, caller: Caller, conversation_id: UUID, message_id: UUID) -> None:
        """Move the tip to the newest message of the branch."""
        self._fail()
        conversation = self._get(caller, conversation_id)
        self._message(conversation, message_id)
        newest = max(message.id for message in branching.branch(conversation.messages, message_id))
        self._put(caller, replace(conversation, tip=newest))

    async def delete(self, caller: Caller, conversation_id: UUID) -> None:
        """Forget the conversation."""
        self._fail()
        self._get(caller, conversation_id)
        del self.kept[caller.tenant, caller.user, conversation_id]

    def _begun(self, caller: Caller, turn: Turn) -> Conversation:
        is_new = all(known != turn.conversation_id for *_, known in self.kept)
        if not (is_new and turn.may_begin):
            return self._get(caller, turn.conversation_id)
        return Conversation(turn.conversation_id, turn.title, created_at=datetime.now(UTC))

    def _add(self, caller: Caller, conversation: Conversation, *messages: Message) -> None:
        known = {message.id for message in conversation.messages}
        new = tuple(message for message in messages if message.id not in known)
        for message in new:
            self.records.setdefault(message.id, Record())
        both = tuple(sorted(conversation.messages + new, key=lambda message: message.id))
        self._put(caller, replace(conversation, messages=both, tip=messages[-1].id, updated_at=datetime.now(UTC)))

    def _put(self, caller: Caller, conversation: Conversation) -> None:
        self.kept[caller.tenant, caller.user, conversation.id] = conversation

    def _get(self, caller: Caller, conversation_id: UUID) -> Conversation:
        conversation = self.kept.get((caller.tenant, caller.user, conversation_id))
        if conversation is None:
            raise ConversationNotFound
        return conversation

    def _holding(self, caller: Caller, message_id: UUID) -> Conversation | None:
        for (tenant, user, _), conversation in self.kept.items():
            is_own = (tenant, user) == (caller.tenant, caller.user)
            if is_own and any(each.id == message_id for each in conversation.messages):
                return conversation
        return None

    def _message(self, conversation: Conversation, message_id: UUID) -> Message:
        for message in conversation.messages:
            if message.id == message_id:
                return message
        raise MessageNotFound

    def _read(self, message: Message) -> Message:
        is_dead = message.id in self.dead and message.finish_reason is None
        return replace(message, finish_reason=INTERRUPTED) if is_dead else message

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if self.away:
            raise self.away


def _with(messages: Sequence[Message], answer: Message) -> tuple[Message, ...]:
    """The parent stays as it was: a save does not move an answer."""
    return tuple(replace(answer, parent_id=each.parent_id) if each.id == answer.id else each for each in messages)


def _before(conversation: Conversation, question_id: UUID) -> UUID | None:
    """Return the tip; for a question that is kept already, what it was then."""
    parents = [message.parent_id for message in conversation.messages if message.id == question_id]
    return parents[0] if parents else conversation.tip


def _newest(messages: Sequence[Message], most: int, characters: int) -> list[Message]:
    kept: list[Message] = []
    for message in reversed(messages):
        if len(kept) >= most or sum(len(each.content) for each in kept) >= characters:
            break
        kept.insert(0, message)
    return kept


def _last_used(conversation: Conversation) -> tuple[datetime, UUID]:
    return conversation.updated_at or datetime.min.replace(tzinfo=UTC), conversation.id
