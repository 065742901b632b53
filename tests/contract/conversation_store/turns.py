"""Turns of conversations, asked and answered."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sluice.domain import Caller, Conversation, Message, Regeneration, Role, Source, Turn, Usage, uuid7
from sluice.events import AnswerStarted
from sluice.ports import ConversationStore

CALLER = Caller("acme", "ann")
STRANGERS = [Caller("other", "ann"), Caller("acme", "bob")]
SOURCE = Source(1, UUID(int=2), "Whales", "s3://b/whales.pdf", 4, 10, 32, "Blue whales eat krill.", 0.03)
STARTED = AnswerStarted(UUID(int=1), UUID(int=2), UUID(int=3))
ALL = {"messages": 100, "characters": 100_000}


def new(text: str = "What do they eat?", **fields: object) -> Turn:
    """The first turn of a conversation."""
    return replace(Turn(uuid7(), uuid7(), uuid7(), text, "m", "Whales", may_begin=True), **fields)  # type: ignore[arg-type] # names are checked at run time


def following(turn: Turn, text: str, **fields: object) -> Turn:
    """Another turn of the same conversation."""
    return new(text, conversation_id=turn.conversation_id, may_begin=False, **fields)


async def begin(store: ConversationStore, turn: Turn) -> list[str]:
    return [message.content for message in await store.begin(CALLER, turn, **ALL)]


async def end(store: ConversationStore, turn: Turn | Regeneration, text: str) -> Message:
    answer = Message(turn.answer_id, Role.ASSISTANT, text, (SOURCE,), "m", "stop", Usage(10, 5), sources=(SOURCE,))
    assert await store.save(CALLER, answer)
    return answer


async def talk(store: ConversationStore, *texts: str) -> list[Turn]:
    """Ask and answer; the answer to `q` is `a of q`."""
    turns = [new(texts[0])]
    turns += [following(turns[0], text) for text in texts[1:]]
    for turn in turns:
        await begin(store, turn)
        await end(store, turn, f"a of {turn.text}")
    return turns


def without_times(conversation: Conversation) -> Conversation:
    messages = tuple(replace(message, created_at=None) for message in conversation.messages)
    return replace(conversation, messages=messages, created_at=None, updated_at=None)


async def contents(store: ConversationStore, conversation_id: UUID) -> list[str]:
    return [message.content for message in (await store.load(CALLER, conversation_id)).messages]
