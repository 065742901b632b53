"""Titles that the model finds after the first answer."""

from __future__ import annotations

import asyncio

import pytest

from sluice.domain import Caller, Message, Role, TitledBy, Turn, Usage, uuid7
from sluice.errors import DatabaseUnavailable, ModelUnavailable
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import ScriptedModel
from sluice.titling import Titling, from_question

CALLER = Caller("acme", "ann")
BOOKED: list[tuple[Caller, str, Usage]] = []
TURN = Turn(uuid7(), uuid7(), uuid7(), "What do blue whales eat?", "m", "What do blue whales eat?", may_begin=True)


@pytest.fixture
async def store() -> InMemoryConversations:
    """One question with its answer."""
    store = InMemoryConversations()
    await store.begin(CALLER, TURN, messages=0, characters=0)
    await store.save(CALLER, Message(TURN.answer_id, Role.ASSISTANT, "Krill.", model="m", finish_reason="stop"))
    return store


async def title(store: InMemoryConversations, model: ScriptedModel | None, seconds: float = 5) -> str:
    async def book(caller: Caller, model: str, usage: Usage) -> None:
        BOOKED.append((caller, model, usage))

    BOOKED.clear()
    titling = Titling(chat_model=model, conversations=store, seconds=seconds, book=book)
    await titling.title(CALLER, TURN.conversation_id)
    return (await store.load(CALLER, TURN.conversation_id)).title


async def test_the_model_names_the_conversation(store: InMemoryConversations) -> None:
    """From the first question and its answer; quotation marks and lines are not part of a title."""
    model = ScriptedModel()
    model.enqueue('"Food of ', 'blue\nwhales"')

    assert await title(store, model) == "Food of blue whales"
    assert model.prompts[0][1].content == "user: What do blue whales eat?\n\nassistant: Krill."
    assert [(CALLER, "scripted", Usage(10, 5))] == BOOKED


async def test_a_conversation_without_an_answer_is_not_named(store: InMemoryConversations) -> None:
    """There is nothing in it to name but the question, whose first words it has already."""
    await store.save(CALLER, Message(TURN.answer_id, Role.ASSISTANT, "", model="m", finish_reason="error"))
    model = ScriptedModel()

    assert await title(store, model) == "What do blue whales eat?"
    assert model.prompts == []


async def test_a_title_that_a_user_gave_stays(store: InMemoryConversations) -> None:
    """The model is not even asked."""
    await store.rename(CALLER, TURN.conversation_id, "Mine", by=TitledBy.USER)
    model = ScriptedModel()

    assert await title(store, model) == "Mine"
    assert model.prompts == []


@pytest.mark.parametrize(
    "steps", [[ModelUnavailable()], [asyncio.Event()], [" "]], ids=["it fails", "it is silent", "it says nothing"]
)
async def test_a_model_that_finds_none_changes_nothing(store: InMemoryConversations, steps: list[object]) -> None:
    """The first words of the question stand; nobody waits longer than the time limit."""
    model = ScriptedModel()
    model.enqueue(*steps)  # type: ignore[arg-type] # the parameters are steps

    assert await title(store, model, seconds=0.05) == "What do blue whales eat?"


async def test_without_a_model_the_first_words_stand(store: InMemoryConversations) -> None:
    """So it is without a key."""
    assert await title(store, None) == "What do blue whales eat?"


async def test_a_database_that_is_away_costs_only_the_title(store: InMemoryConversations) -> None:
    """The answer was long sent."""
    store.failures = [DatabaseUnavailable()]

    assert await title(store, ScriptedModel()) == "What do blue whales eat?"


def test_a_long_question_makes_a_short_title() -> None:
    """Titles fit a list."""
    assert from_question("  What do\nblue whales " + "eat " * 40).startswith("What do blue whales eat eat")
    assert len(from_question("whale " * 40)) <= 80
