"""The use case of a question, driven through its ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

import pytest

from sluice.answering import FAILED, INTERRUPTED, Answering, Limits, Question
from sluice.domain import Caller, Conversation, Filter, Message, Passage, Role, Usage, uuid7
from sluice.errors import ConversationNotFound, DatabaseUnavailable, ModelNotOffered, ModelUnavailable, QuestionTooLong
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, AnswerStarted, SourceCited, SourcesFound, TextAdded
from sluice.ports import Finish
from sluice.searching import Searching
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages, Searched

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

    def __init__(self) -> None:
        self.model = ScriptedModel()
        self.passages = ScriptedPassages([KRILL])
        self.conversations = InMemoryConversations()
        self.answering = Answering(
            searching=Searching(embedder=HashEmbedder(), passages=self.passages),
            chat_model=self.model,
            conversations=self.conversations,
            limits=Limits(question_characters=100),
        )

    async def ask(self, text: str, conversation_id: UUID | None = None) -> list[AnswerEvent]:
        events = await self.answering.open(CALLER, Question(text, conversation_id))
        return [event async for event in events]

    def kept(self) -> Conversation:
        [conversation] = self.conversations.kept.values()
        return conversation


@pytest.fixture
def world() -> World:
    return World()


def started(events: list[AnswerEvent]) -> AnswerStarted:
    assert isinstance(events[0], AnswerStarted)
    return events[0]


async def test_sources_come_before_the_text_that_cites_them(world: World) -> None:
    """The order of the stream: start, sources, text and citations, done."""
    world.model.enqueue("They eat ", "krill [1].")

    events = await world.ask("What do blue whales eat?")

    source = events[1].sources[0] if isinstance(events[1], SourcesFound) else None
    assert source is not None
    assert events[1:-1] == [
        SourcesFound((source,)),
        TextAdded("They eat "),
        TextAdded("krill [1]."),
        SourceCited(source),
    ]
    done = events[-1]
    assert isinstance(done, AnswerDone)
    assert (done.finish_reason, done.model, done.usage) == ("stop", "scripted", Usage(10, 5))
    assert sorted(done.timing) == ["embed", "first_token", "search", "total"]


async def test_the_turn_is_kept_before_the_answer_is_called_done(world: World) -> None:
    """Whoever has read `done` can go on with the conversation at once."""
    world.model.enqueue("Krill [1].")
    events = await world.answering.open(CALLER, Question("What do blue whales eat?"))

    seen = [event async for event in _until(events, AnswerDone)]

    kept = world.kept()
    assert kept.id == started(seen).conversation_id
    assert [(message.role, message.content, message.finish_reason) for message in kept.messages] == [
        (Role.USER, "What do blue whales eat?", None),
        (Role.ASSISTANT, "Krill [1].", "stop"),
    ]
    assert [cited.quote for cited in kept.messages[1].citations] == ["Blue whales eat krill."]


async def test_a_second_question_sees_the_first_turn(world: World) -> None:
    """The history goes into the prompt, and the turn is added to the same conversation."""
    world.model.enqueue("Krill.")
    world.model.enqueue("Four tonnes.")
    first = await world.ask("What do blue whales eat?")

    await world.ask("How much?", started(first).conversation_id)

    assert [message.content for message in world.model.prompts[1][1:3]] == ["What do blue whales eat?", "Krill."]
    assert [message.content for message in world.kept().messages] == [
        "What do blue whales eat?",
        "Krill.",
        "How much?",
        "Four tonnes.",
    ]


async def test_the_search_is_the_callers_and_filtered(world: World) -> None:
    """Tenant, collection and limit reach the store."""
    world.model.enqueue("Krill.")
    events = await world.answering.open(CALLER, Question("whales", where=Filter("sea")))
    [_ async for _ in events]

    assert world.passages.searched == [Searched(CALLER, "whales", 8, Filter("sea"))]


async def test_an_unknown_conversation_is_refused_before_anything_streams(world: World) -> None:
    """The caller gets an error, not a stream."""
    with pytest.raises(ConversationNotFound):
        await world.answering.open(CALLER, Question("whales", uuid7()))


async def test_another_tenants_conversation_is_not_found(world: World) -> None:
    """An id that leaked is worth nothing."""
    world.model.enqueue("Krill.")
    events = await world.ask("whales")

    with pytest.raises(ConversationNotFound):
        await world.answering.open(Caller("other"), Question("whales", started(events).conversation_id))


async def test_a_question_over_the_limit_is_refused(world: World) -> None:
    """Nothing is searched and no model is asked."""
    with pytest.raises(QuestionTooLong):
        await world.answering.open(CALLER, Question("w" * 101))

    assert world.passages.searched == []


async def test_a_model_that_is_not_offered_is_refused(world: World) -> None:
    """A caller can't spend the operator's money on any model that there is."""
    with pytest.raises(ModelNotOffered):
        await world.answering.open(CALLER, Question("whales", model="openai/o9-colossal"))

    assert world.passages.searched == []


async def test_a_failing_search_ends_the_stream_with_its_error_and_keeps_the_question(world: World) -> None:
    """The client learns the code and whether to try again."""
    world.passages.failures.append(DatabaseUnavailable())

    events = await world.ask("whales")

    assert events[1:] == [
        AnswerFailed("database_unavailable", "The database can't be reached; try again in a moment.", retryable=True)
    ]
    assert [(message.content, message.finish_reason) for message in world.kept().messages] == [
        ("whales", None),
        ("", FAILED),
    ]


async def test_an_error_in_the_middle_keeps_what_was_said(world: World) -> None:
    """The text that was sent stands, is marked as broken off, and the error is the last event."""
    world.model.enqueue("They eat ", ModelUnavailable())

    events = await world.ask("whales")

    assert [type(event) for event in events[2:]] == [TextAdded, AnswerFailed]
    assert [(message.content, message.finish_reason) for message in world.kept().messages] == [
        ("whales", None),
        ("They eat ", FAILED),
    ]


async def test_a_turn_that_can_not_be_kept_is_not_called_done(world: World) -> None:
    """The answer was whole, but the conversation would miss it."""
    world.model.enqueue("Krill.")
    world.conversations.failure = DatabaseUnavailable()

    events = await world.ask("whales")

    assert [type(event) for event in events] == [AnswerStarted, SourcesFound, TextAdded, AnswerFailed]


async def test_a_client_that_leaves_closes_the_model_and_keeps_what_was_said(world: World) -> None:
    """No more tokens are paid for."""
    world.model.enqueue("They eat ", asyncio.Event(), "never")
    events = await world.answering.open(CALLER, Question("whales"))
    async for event in events:
        if isinstance(event, TextAdded):
            break

    await events.aclose()

    assert world.model.closed == 1
    assert [(message.content, message.finish_reason) for message in world.kept().messages] == [
        ("whales", None),
        ("They eat ", INTERRUPTED),
    ]


async def test_the_models_own_end_is_passed_on(world: World) -> None:
    """An answer that hit the token limit is not called whole."""
    world.model.enqueue("They eat", Finish("length", Usage(1, 2)))

    events = await world.ask("whales")

    assert isinstance(events[-1], AnswerDone)
    assert events[-1].finish_reason == "length"


async def test_no_passages_still_get_an_answer(world: World) -> None:
    """The model is told that nothing was found."""
    world.passages.found = []
    world.model.enqueue("I don't know.")

    events = await world.ask("whales")

    assert events[1] == SourcesFound(())


async def test_a_long_first_question_makes_a_short_title(world: World) -> None:
    """Titles fit a list."""
    world.model.enqueue("Krill.")

    await world.ask("  What do\nblue whales eat, and why do they eat it, and how often, and where, and when?")

    assert world.kept().title == "What do blue whales eat, and why do they eat it, and how often, and where, and…"


async def _until(events: AsyncGenerator[AnswerEvent, None], last: type) -> AsyncGenerator[AnswerEvent, None]:
    async for event in events:
        yield event
        if isinstance(event, last):
            return


def test_messages_are_compared_by_value() -> None:
    """The whole-value comparisons above rest on it."""
    message = Message(uuid7(), Role.USER, "a")

    assert message == replace(message)
