"""The use case of a question, driven through its ports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from sluice.answering import Answering
from sluice.domain import Caller, Filter, Message, Role, Search, Usage, uuid7
from sluice.draft import Draft
from sluice.errors import ConversationNotFound, ModelNotOffered, ModelUnavailable, QuestionTooLong
from sluice.events import AnswerDone, SourceCited, SourcesFound, StatusChanged, TextAdded
from sluice.fallback import FallbackChat
from sluice.ports import Embeddings, Finish
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages
from tests.common.world import CALLER, World, started, until


@pytest.fixture
def world() -> World:
    return World()


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


async def test_the_model_is_asked_before_its_sources_are_told(world: World) -> None:
    """They are read while it thinks; working them out keeps no first word."""
    world.model.enqueue("Krill [1].")

    events = await world.answering.open(CALLER, Question("What do blue whales eat?"))
    asked = [len(world.model.prompts) async for event in events if isinstance(event, SourcesFound)]

    assert asked == [1]


async def test_the_vector_is_asked_for_before_the_question_is_kept() -> None:
    """The way to a provider is the longer one; an HTTP client sends in a task of its own."""
    order: list[str] = []

    class Sending(HashEmbedder):
        async def embed_query(self, text: str) -> Embeddings:
            await asyncio.create_task(self._send())
            return await super().embed_query(text)

        async def _send(self) -> None:
            order.append("vector asked for")

    class Keeping(InMemoryConversations):
        async def begin(self, *args: Any, **kwargs: Any) -> list[Message]:
            order.append("question kept")
            return await super().begin(*args, **kwargs)

    answering = Answering(
        retrieving=Retrieving(Searching(embedder=Sending(), passages=ScriptedPassages()), Rewriter()),
        chat_model=ScriptedModel(),
        conversations=Keeping(),
        limits=Limits(),
    )
    await (await answering.open(CALLER, Question("What do blue whales eat?"))).aclose()

    assert order == ["vector asked for", "question kept"]


async def test_words_that_come_all_at_once_go_out_one_by_one(world: World) -> None:
    """A first word does not wait for the rest of what a provider sent in one piece."""
    words = [f"word{number} " for number in range(100)]
    asked = len(words)

    def said() -> Iterator[str]:
        nonlocal asked
        for word in words:
            asked -= 1
            yield word

    world.model.play(said())

    events = await world.answering.open(CALLER, Question("What do whales eat?"))
    left = [asked async for event in events if isinstance(event, TextAdded)]

    assert left[0] > 90
    assert left[-1] == 0


async def test_the_turn_is_kept_before_the_answer_is_called_done(world: World) -> None:
    """Whoever has read `done` can go on with the conversation at once."""
    world.model.enqueue("Krill [1].")
    events = await world.answering.open(CALLER, Question("What do blue whales eat?"))

    seen = [event async for event in until(events, AnswerDone)]

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

    assert world.passages.searched == [Search(CALLER, "whales", 8, Filter("sea"))]


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


async def test_another_attempt_is_told_and_named(world: World) -> None:
    """The client sees why it waits, and `done` names the model that answered."""
    first, second = ScriptedModel("first"), ScriptedModel("second")
    first.enqueue(ModelUnavailable())
    first.enqueue(ModelUnavailable())
    second.enqueue("Krill.")
    answering = Answering(
        retrieving=Retrieving(Searching(embedder=HashEmbedder(), passages=world.passages), Rewriter()),
        chat_model=FallbackChat([first, second]),
        conversations=world.conversations,
        limits=Limits(),
    )

    events = [event async for event in await answering.open(CALLER, Question("whales"))]

    assert events[2:4] == [
        StatusChanged("retrying", "first", "model_unavailable"),
        StatusChanged("fallback", "second", "model_unavailable"),
    ]
    assert isinstance(events[-1], AnswerDone)
    assert (events[-1].model, world.kept().messages[1].model) == ("second", "second")


async def test_an_edited_question_sees_only_what_stands_above_it(world: World) -> None:
    """A branch: the old question and its answer are not part of the prompt, and stay as they are."""
    for text in ["a1", "a2", "a2 edited"]:
        world.model.enqueue(text)
    first = started(await world.ask("q1"))
    await world.ask("q2", first.conversation_id)

    await world.ask("q2 edited", first.conversation_id, at_tip=False, parent_id=first.message_id)

    assert [message.content for message in world.model.prompts[2][1:3]] == ["q1", "a1"]
    assert "q2 edited" in world.model.prompts[2][3].content
    assert [message.content for message in world.kept().messages] == ["q1", "a1", "q2", "a2", "q2 edited", "a2 edited"]


async def test_a_regenerated_answer_stands_beside_the_old_one(world: World) -> None:
    """The same question is searched and asked again."""
    world.model.enqueue("a1")
    world.model.enqueue("a1 again")
    first = started(await world.ask("q1"))

    again = started(await world.ask("", first.conversation_id, regenerate=first.message_id))

    assert (again.question_id, again.message_id != first.message_id) == (first.question_id, True)
    assert world.model.prompts[0] == world.model.prompts[1]
    assert [searched.query for searched in world.passages.searched] == ["q1", "q1"]
    assert [message.content for message in world.kept().messages] == ["q1", "a1", "a1 again"]


async def test_history_that_does_not_fit_into_the_models_context_is_left_out(world: World) -> None:
    """Newest turns first, each whole; the question always goes in."""
    for _ in range(3):
        world.model.enqueue("a" * 2_000)
    first = started(await world.ask("q1"))
    await world.ask("q2", first.conversation_id)
    world.model.context = Limits().answer_tokens + 1_100

    await world.ask("q3", first.conversation_id)

    assert [message.content[:2] for message in world.model.prompts[2][1:-1]] == ["q2", "aa"]


async def test_history_is_not_cut_before_its_tokens_are_counted() -> None:
    """A token is several characters: as much of the history is read as may have room."""
    world = World(prompt_tokens=1_500)
    world.model.enqueue("a" * 2_000)
    first = started(await world.ask("q1"))

    await world.ask("q2", first.conversation_id)

    assert [message.content[:2] for message in world.model.prompts[1][1:-1]] == ["q1", "aa"]


async def test_what_came_before_the_answer_is_told_with_its_stages(world: World) -> None:
    """In milliseconds, as they are."""
    world.model.enqueue("Krill.")
    events = await world.answering.open(CALLER, Question("whales"), timing={"auth": 3.5})

    *_, done = [event async for event in events]

    assert isinstance(done, AnswerDone)
    assert done.timing["auth"] == 3.5
    assert {"embed", "search", "first_token", "total"} < done.timing.keys()


def test_a_stage_is_told_in_milliseconds() -> None:
    """From the beginning to the first time that it is reached."""
    draft = Draft(uuid7(), "m", _began=perf_counter() - 2)

    draft.reached("first_token")

    assert draft.timing["first_token"] >= 2_000


async def test_text_that_no_database_takes_is_cleaned(world: World) -> None:
    """Models have sent NUL and half a surrogate pair."""
    world.model.enqueue("Kr\0ill", "\ud83d", " [1].")

    events = await world.ask("whales")

    assert isinstance(events[-1], AnswerDone)
    assert world.ends()[1] == ("Krill? [1].", "stop")


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


async def test_a_question_sorts_before_its_answer(world: World) -> None:
    """Stores keep messages in the order of their keys."""
    world.model.enqueue("Krill.")

    events = await world.ask("whales")

    assert started(events).question_id == min(message.id for message in world.kept().messages)
