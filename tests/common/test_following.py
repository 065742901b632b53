"""Reading an answer that another environment makes, or made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

import pytest

from sluice.domain import Caller, Message, Role, Source, Turn, Usage, uuid7
from sluice.errors import ConversationNotFound, EventsGone, MessageNotFound
from sluice.events import AnswerDone, AnswerEvent, AnswerStarted, SourceCited, SourcesFound, TextAdded
from sluice.following import Following
from sluice.testing.conversations import InMemoryConversations

CALLER = Caller("acme", "ann")
SOURCE = Source(1, UUID(int=2), "Whales", "s3://b/whales.pdf", 4, 10, 32, "Blue whales eat krill.", 0.03)
TURN = Turn(uuid7(), uuid7(), uuid7(), "What do they eat?", "m", "Whales", may_begin=True)
RUNNING = Message(TURN.answer_id, Role.ASSISTANT, "", model="m")
ENDED = replace(RUNNING, content="Krill [1].", citations=(SOURCE,), sources=(SOURCE,), finish_reason="stop")
EVENTS: list[AnswerEvent] = [
    AnswerStarted(TURN.conversation_id, TURN.answer_id, TURN.question_id),
    SourcesFound((SOURCE,)),
    TextAdded("Krill [1]."),
    SourceCited(SOURCE),
    AnswerDone("stop", "m", Usage(10, 5), {"total": 1.0}),
]


@pytest.fixture
async def store() -> InMemoryConversations:
    store = InMemoryConversations()
    await store.begin(CALLER, TURN, messages=0, characters=0)
    return store


async def follow(store: InMemoryConversations, after: int = 0) -> AsyncGenerator[AnswerEvent, None]:
    following = Following(conversations=store, poll=0.001)
    return await following.open(CALLER, TURN.conversation_id, TURN.answer_id, after=after)


@pytest.mark.parametrize("after", range(6))
async def test_an_answer_that_ended_is_told_from_where_the_reader_was(store: InMemoryConversations, after: int) -> None:
    """Whoever has read it all gets nothing more, and an end."""
    await store.save(CALLER, ENDED, first=1, events=EVENTS)

    assert [event async for event in await follow(store, after)] == EVENTS[after:]


async def test_a_running_answer_is_followed_to_its_end(store: InMemoryConversations) -> None:
    """First what was missed, then what comes, each event once."""
    await store.save(CALLER, RUNNING, first=1, events=EVENTS[:2])
    events = await follow(store, after=1)
    missed = await anext(events)

    await store.save(CALLER, ENDED, first=3, events=EVENTS[2:])

    assert [missed, *[event async for event in events]] == EVENTS[1:]


async def test_an_answer_can_be_followed_before_it_has_said_anything(store: InMemoryConversations) -> None:
    """A refresh may come that early."""
    events = await follow(store)

    await store.save(CALLER, ENDED, first=1, events=EVENTS)

    assert [event async for event in events] == EVENTS


async def test_an_answer_whose_environment_died_ends_as_interrupted(store: InMemoryConversations) -> None:
    """What was recorded is told, and then that nothing more will come."""
    await store.save(CALLER, RUNNING, first=1, events=EVENTS[:3])
    events = await follow(store)
    seen = [await anext(events) for _ in range(3)]

    store.dead.add(TURN.answer_id)

    seen += [event async for event in events]
    assert seen == [*EVENTS[:3], AnswerDone("interrupted", "m", Usage(), {})]


async def test_an_answer_of_long_ago_is_told_anew_from_its_message(store: InMemoryConversations) -> None:
    """Its events are swept away, the message holds the rest."""
    await store.save(CALLER, ENDED)

    assert [event async for event in await follow(store)] == [*EVENTS[:4], AnswerDone("stop", "m", Usage(), {})]


async def test_half_an_answer_of_long_ago_can_not_be_completed(store: InMemoryConversations) -> None:
    """An error that says where the whole is; never the same text twice."""
    await store.save(CALLER, ENDED)

    with pytest.raises(EventsGone):
        await follow(store, after=3)


async def test_the_answer_that_is_being_made_is_resumed_from_its_beginning(store: InMemoryConversations) -> None:
    """Whoever has lost it need only know the conversation."""
    await store.save(CALLER, RUNNING, first=1, events=EVENTS[:2])
    events = await Following(conversations=store, poll=0.001).resume(CALLER, TURN.conversation_id)
    assert events is not None

    await store.save(CALLER, ENDED, first=3, events=EVENTS[2:])

    assert [event async for event in events] == EVENTS


async def test_what_is_not_being_made_is_not_resumed(store: InMemoryConversations) -> None:
    """Neither an answer that has ended, nor one of somebody else, nor of a conversation that nobody knows."""
    following = Following(conversations=store)
    strange = await following.resume(Caller("acme", "bob"), TURN.conversation_id)
    unknown = await following.resume(CALLER, uuid7())

    await store.save(CALLER, ENDED, first=1, events=EVENTS)
    ended = await following.resume(CALLER, TURN.conversation_id)

    assert (strange, unknown, ended) == (None, None, None)


async def test_an_answer_that_nobody_reads_on_from_is_not_resumed(store: InMemoryConversations) -> None:
    """It is still being made, in another branch than the one that is being read."""
    other = replace(TURN, question_id=uuid7(), answer_id=uuid7(), at_tip=False, may_begin=False)
    await store.begin(CALLER, other, messages=0, characters=0)
    await store.save(CALLER, replace(ENDED, id=other.answer_id), first=1, events=EVENTS)

    assert await Following(conversations=store).resume(CALLER, TURN.conversation_id) is None


async def test_nobody_follows_what_is_not_theirs(store: InMemoryConversations) -> None:
    """Nor what is no answer."""
    following = Following(conversations=store)

    with pytest.raises(ConversationNotFound):
        await following.open(Caller("acme", "bob"), TURN.conversation_id, TURN.answer_id)
    with pytest.raises(MessageNotFound):
        await following.open(CALLER, TURN.conversation_id, TURN.question_id)
