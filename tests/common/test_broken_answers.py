"""Answers that end before their end: by an error, a stop, a client that leaves, a database that is away."""

from __future__ import annotations

import asyncio

import pytest

from sluice import tokens
from sluice.domain import FAILED, INTERRUPTED, STOPPED, Usage
from sluice.errors import DatabaseUnavailable, DatabaseWaking, ModelUnavailable
from sluice.events import AnswerDone, AnswerFailed, AnswerStarted, SourcesFound, StatusChanged, TextAdded
from sluice.ports import ChatModel
from sluice.question import Question
from tests.common.world import CALLER, World, started, until


class Slow:
    """Terms that are weighed for as long as `gate` is closed."""

    def __init__(self) -> None:
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def ask(self) -> None:
        self.asked.set()
        await self.gate.wait()

    def through(self, model: ChatModel) -> ChatModel:
        return model

    async def book(self, model: str, usage: Usage) -> None:
        pass


@pytest.fixture
def world() -> World:
    return World()


async def test_a_failing_search_ends_the_stream_with_its_error_and_keeps_the_question(world: World) -> None:
    """The client learns the code and whether to try again."""
    world.passages.failures.append(DatabaseUnavailable())

    events = await world.ask("whales")

    assert events[1:] == [
        AnswerFailed("database_unavailable", "The database can't be reached; try again in a moment.", retryable=True)
    ]
    assert world.ends() == [("whales", None), ("", FAILED)]


async def test_an_error_in_the_middle_keeps_what_was_said(world: World) -> None:
    """The text that was sent stands, is marked as broken off, and the error is the last event."""
    world.model.enqueue("They eat ", ModelUnavailable())

    events = await world.ask("whales")

    assert [type(event) for event in events[2:]] == [TextAdded, AnswerFailed]
    assert world.ends() == [("whales", None), ("They eat ", FAILED)]


async def test_an_error_of_ours_ends_the_stream_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The client is told that it was not its fault; what it was is in the log."""
    world.model.enqueue("They eat ", ZeroDivisionError("a defect"))

    events = await world.ask("whales")

    assert isinstance(events[-1], AnswerFailed)
    assert (events[-1].code, events[-1].retryable) == ("internal_error", False)
    assert world.ends() == [("whales", None), ("They eat ", FAILED)]
    assert "a defect" in caplog.text


@pytest.mark.parametrize(
    ("error", "code"), [(DatabaseUnavailable(), "database_unavailable"), (ZeroDivisionError(), "internal_error")]
)
async def test_a_turn_that_can_not_be_kept_is_not_called_done(world: World, error: Exception, code: str) -> None:
    """The answer was whole, but the conversation would miss it."""
    gate = asyncio.Event()
    world.model.enqueue("Krill.", gate)
    events = await world.answering.open(CALLER, Question("whales"))
    seen = [event async for event in until(events, TextAdded)]

    world.conversations.away = error
    await asyncio.sleep(0.05)  # some beats, none of which can write; more or fewer change nothing
    gate.set()
    seen += [event async for event in events]

    assert [type(event) for event in seen] == [AnswerStarted, SourcesFound, TextAdded, AnswerFailed]
    assert isinstance(seen[-1], AnswerFailed)
    assert seen[-1].code == code


async def test_a_database_that_is_away_for_a_moment_costs_the_answer_nothing(world: World) -> None:
    """What could not be written is written with the next beat, each event once."""
    gate = asyncio.Event()
    world.model.enqueue("They eat ", gate, "krill.")
    events = await world.answering.open(CALLER, Question("whales"))
    seen = [event async for event in until(events, TextAdded)]
    world.conversations.away = DatabaseUnavailable()
    await asyncio.sleep(0.05)  # some beats, none of which can write; more or fewer change nothing

    world.conversations.away = None
    gate.set()

    seen += [event async for event in events]
    assert world.ends() == [("whales", None), ("They eat krill.", "stop")]
    assert world.conversations.records[started(seen).message_id].events == seen


async def test_the_question_is_kept_before_the_answer_begins(world: World) -> None:
    """Whatever happens to the model."""
    world.model.enqueue(asyncio.Event())

    events = await world.answering.open(CALLER, Question("whales"))

    assert world.ends() == [("whales", None), ("", None)]
    await events.aclose()


async def test_what_is_said_during_a_save_is_saved_by_the_next(world: World) -> None:
    """Each event once, in order; and what an answer takes is not known before its end."""
    gate = asyncio.Event()
    world.model.enqueue("They eat ", gate, "krill.", asyncio.Event())
    world.conversations.keeping = asyncio.Event()
    events = await world.answering.open(CALLER, Question("whales"))
    seen = [event async for event in until(events, TextAdded)]
    await world.conversations.reached.wait()

    gate.set()
    seen.append(await anext(events))
    world.conversations.keeping.set()
    record = world.conversations.records[started(seen).message_id]
    async with asyncio.timeout(10):
        while len(record.events) < len(seen):  # noqa: ASYNC110 - a fake tells nobody that it was told
            await asyncio.sleep(0)

    assert record.events == seen
    assert world.kept().messages[-1].usage is None
    await events.aclose()


async def test_a_question_that_is_given_up_before_it_is_kept_is_not_kept(world: World) -> None:
    """Nobody was told that it would be."""
    terms = Slow()
    opening = asyncio.create_task(world.answering.under(terms).open(CALLER, Question("whales")))
    await terms.asked.wait()

    opening.cancel()
    await asyncio.wait([opening])
    terms.gate.set()
    await asyncio.sleep(0.01)  # long enough for what would go on; longer changes nothing

    assert world.conversations.kept == {}


async def test_a_client_that_leaves_closes_the_model_and_keeps_what_was_said(world: World) -> None:
    """No more tokens are paid for."""
    world.model.enqueue("They eat ", asyncio.Event(), "never")
    events = await world.answering.open(CALLER, Question("whales"))
    _ = [event async for event in until(events, TextAdded)]

    await events.aclose()

    assert world.model.closed == 1
    assert world.ends() == [("whales", None), ("They eat ", INTERRUPTED)]


async def test_a_client_that_leaves_while_the_model_thinks_closes_it(world: World) -> None:
    """It has been asked by the time that its sources are read."""
    world.model.enqueue(asyncio.Event(), "never")
    events = await world.answering.open(CALLER, Question("whales"))
    _ = [event async for event in until(events, SourcesFound)]

    await events.aclose()

    assert (len(world.model.prompts), world.model.closed) == (1, 1)
    assert world.ends() == [("whales", None), ("", INTERRUPTED)]


@pytest.mark.parametrize("stops", [False, True], ids=["at its end", "when it was stopped"])
async def test_a_client_that_leaves_while_the_answer_is_kept_loses_nothing(world: World, stops: bool) -> None:
    """The last save is not given up, nor what leads to it."""
    gate = asyncio.Event()
    world.model.enqueue("They eat krill.", gate)
    events = await world.answering.open(CALLER, Question("whales"))
    seen = [event async for event in until(events, TextAdded)]
    if stops:
        await world.conversations.stop(CALLER, started(seen).conversation_id)
    else:
        gate.set()
    world.conversations.keeping = asyncio.Event()
    await world.conversations.reached.wait()

    leaving = asyncio.create_task(events.aclose())
    await asyncio.sleep(0)
    world.conversations.keeping.set()
    await leaving

    assert world.ends() == [("whales", None), ("They eat krill.", STOPPED if stops else "stop")]


async def test_a_stop_closes_the_model_and_keeps_what_was_said(world: World) -> None:
    """It may come from any environment: the answer learns it where it saves."""
    world.model.enqueue("They eat ", asyncio.Event(), "never")
    events = await world.answering.open(CALLER, Question("whales"))
    _ = [event async for event in until(events, TextAdded)]

    await world.conversations.stop(CALLER, world.kept().id)

    [last] = [event async for event in events]
    assert isinstance(last, AnswerDone)
    assert (last.finish_reason, world.model.closed) == (STOPPED, 1)
    assert world.ends() == [("whales", None), ("They eat ", STOPPED)]
    # Nobody counts for an answer that was broken off, but it was paid for.
    prompt = sum(tokens.estimate(message.content) for message in world.model.prompts[0])
    assert last.usage == Usage(prompt, tokens.estimate("They eat "))


async def test_an_answer_that_is_searching_can_be_stopped(world: World) -> None:
    """Before the model was even asked."""
    world.passages.gate = asyncio.Event()
    events = await world.answering.open(CALLER, Question("whales"))
    _ = await anext(events)

    await world.conversations.stop(CALLER, world.kept().id)

    [last] = [event async for event in events]
    assert isinstance(last, AnswerDone)
    assert (last.finish_reason, world.model.prompts) == (STOPPED, [])


async def test_a_deleted_conversation_ends_its_answer(world: World) -> None:
    """Nobody can read it any more."""
    world.model.enqueue("They eat ", asyncio.Event(), "never")
    events = await world.answering.open(CALLER, Question("whales"))
    _ = [event async for event in until(events, TextAdded)]

    await world.conversations.delete(CALLER, world.kept().id)

    assert isinstance([event async for event in events][-1], AnswerDone)
    assert world.model.closed == 1


async def test_what_was_streamed_is_what_is_recorded(world: World) -> None:
    """Event for event, whatever the batches were: a reader who comes later gets the same."""
    gates = [asyncio.Event() for _ in range(3)]
    world.model.enqueue("They ", gates[0], "eat ", gates[1], "krill [1]", gates[2], ".")
    events = await world.answering.open(CALLER, Question("whales"))
    seen = []
    async for event in events:
        seen.append(event)
        if isinstance(event, TextAdded) and gates:
            gates.pop(0).set()

    assert world.conversations.records[started(seen).message_id].events == seen


async def test_a_whole_answer_costs_one_write_at_its_end() -> None:
    """An answer that is shorter than a beat is not written in pieces."""
    world = World(beat=60)
    world.model.enqueue("They ", "eat ", "krill.")

    events = await world.ask("whales")

    assert world.conversations.records[started(events).message_id].saves == 1


async def test_nothing_is_written_while_nothing_is_said(world: World) -> None:
    """However many beats the model thinks: it is asked only whether to go on."""
    gate = asyncio.Event()
    world.model.enqueue("They eat ", gate, "krill.")
    events = await world.answering.open(CALLER, Question("whales"))
    record = world.conversations.records[started([event async for event in until(events, TextAdded)]).message_id]
    async with asyncio.timeout(10):
        while record.signs < 1:  # noqa: ASYNC110 - a fake tells nobody that it was told
            await asyncio.sleep(0)
        saves = record.saves
        while record.signs < 4:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)

    assert record.saves == saves
    gate.set()
    assert [type(event) async for event in events] == [TextAdded, AnswerDone]


async def test_a_database_that_is_waking_is_told_and_waited_for() -> None:
    """The stream begins at once, says why nothing comes, and goes on."""
    world = World(waking_notice=0.0)
    world.conversations.failures = [DatabaseWaking()]
    world.passages.failures.append(DatabaseWaking())
    world.model.enqueue("Krill.")

    events = await world.ask("whales")

    assert started(events).question_id == world.kept().messages[0].id
    assert events[1] == StatusChanged("database_waking", reason="database_unavailable")
    assert [type(event) for event in events[2:]] == [SourcesFound, TextAdded, AnswerDone]
    assert world.ends() == [("whales", None), ("Krill.", "stop")]


async def test_a_database_that_does_not_wake_is_an_error_in_the_end() -> None:
    """Patience has a limit."""
    world = World(waking_notice=0.0, waking_limit=0.3)
    world.conversations.away = DatabaseWaking()

    events = await world.ask("whales")

    assert [type(event) for event in events] == [AnswerStarted, StatusChanged, AnswerFailed]
    assert isinstance(events[-1], AnswerFailed)
    assert (events[-1].code, events[-1].retryable) == ("database_waking", True)


async def test_a_database_that_is_away_refuses_the_question(world: World) -> None:
    """Nothing that is known at once hides in a stream."""
    world.conversations.away = DatabaseUnavailable()

    with pytest.raises(DatabaseUnavailable):
        await world.answering.open(CALLER, Question("whales"))
