"""What every conversation store does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.domain import Caller, Conversation, Message, Role, Source, Usage, uuid7
from sluice.errors import ConversationNotFound
from sluice.ports import ConversationStore
from sluice.testing.conversations import InMemoryConversations

CALLER = Caller("acme")
SOURCE = Source(1, UUID(int=2), "Whales", "s3://b/whales.pdf", 4, 10, 32, "Blue whales eat krill.", 0.03)


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> ConversationStore:
    if request.param == "fake":
        return InMemoryConversations()
    database: Database = request.getfixturevalue("database")
    return PostgresConversations(database)


def question(text: str) -> Message:
    return Message(uuid7(), Role.USER, text)


def answer(text: str) -> Message:
    return Message(uuid7(), Role.ASSISTANT, text, (SOURCE,), "m", "stop", Usage(10, 5))


def without_times(conversation: Conversation) -> Conversation:
    messages = tuple(replace(message, created_at=None) for message in conversation.messages)
    return replace(conversation, messages=messages, created_at=None, updated_at=None)


async def test_what_was_appended_is_loaded_in_its_order(store: ConversationStore) -> None:
    """Nothing of a message is lost on the way: citations, usage, model."""
    conversation, messages = uuid7(), [question("What do they eat?"), answer("Krill [1].")]

    await store.append(CALLER, conversation, "Whales", messages)

    loaded = without_times(await store.load(CALLER, conversation, last=10))
    assert loaded == Conversation(conversation, "Whales", tuple(messages))


async def test_the_last_messages_are_loaded_oldest_first(store: ConversationStore) -> None:
    """A long history is cut at its beginning; the title stays the first."""
    conversation = uuid7()
    for turn in range(3):
        await store.append(CALLER, conversation, f"title {turn}", [question(f"q{turn}"), answer(f"a{turn}")])

    loaded = await store.load(CALLER, conversation, last=3)

    assert (loaded.title, [message.content for message in loaded.messages]) == ("title 0", ["a1", "q2", "a2"])


async def test_appending_the_same_messages_again_changes_nothing(store: ConversationStore) -> None:
    """A write that is repeated after a lost connection is safe."""
    conversation, messages = uuid7(), [question("q"), answer("a")]

    await store.append(CALLER, conversation, "t", messages)
    await store.append(CALLER, conversation, "t", messages)

    assert len((await store.load(CALLER, conversation, last=10)).messages) == 2


async def test_an_unknown_conversation_is_not_found(store: ConversationStore) -> None:
    """There is nothing to load."""
    with pytest.raises(ConversationNotFound):
        await store.load(CALLER, uuid7(), last=10)


async def test_another_tenant_can_neither_read_nor_write(store: ConversationStore) -> None:
    """Knowing the id does not help."""
    conversation = uuid7()
    await store.append(CALLER, conversation, "t", [question("secret")])

    with pytest.raises(ConversationNotFound):
        await store.load(Caller("other"), conversation, last=10)
    with pytest.raises(ConversationNotFound):
        await store.append(Caller("other"), conversation, "t", [question("intruder")])
    assert [message.content for message in (await store.load(CALLER, conversation, last=10)).messages] == ["secret"]
