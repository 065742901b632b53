"""Moderation: who waits for whom, and what a verdict or none does."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import aclosing

import pytest

from sluice import prompting
from sluice.domain import Usage
from sluice.errors import ModelUnavailable, ModerationUnavailable, QuestionFlagged
from sluice.moderating import OVERLAP, WINDOW, Moderation, Policy
from sluice.ports import ChatModel, Finish, TextDelta
from sluice.ports.moderation import Verdict
from sluice.testing.models import STOP, ScriptedModel
from sluice.testing.moderation import WordModerator

PROMPT = prompting.build("How do pumps work?", [], [], 20_000)


class FreeTerms:
    """Terms that allow everything."""

    async def ask(self) -> None:
        pass

    def through(self, model: ChatModel) -> ChatModel:
        return model

    async def book(self, model: str, usage: Usage) -> None:
        pass


class TellingModerator(WordModerator):
    """Tells when it has judged."""

    def __init__(self, forbidden: Collection[str]) -> None:
        super().__init__(forbidden)
        self.judged = asyncio.Event()

    async def judge(self, text: str) -> Verdict:
        verdict = await super().judge(text)
        self.judged.set()
        return verdict


class World:
    """One question under moderation."""

    def __init__(self, *forbidden: str, question: str = "How do pumps work?", policy: Policy | None = None) -> None:
        self.moderator = WordModerator(forbidden)
        self.model = ScriptedModel()
        self.terms = Moderation(self.moderator, policy).over(FreeTerms(), question)

    async def answer(self) -> list[object]:
        await self.terms.ask()
        async with aclosing(self.terms.through(self.model).stream(PROMPT)) as deltas:
            return [delta async for delta in deltas]


async def test_a_harmless_answer_passes_unchanged() -> None:
    """Question and answer were both shown."""
    world = World("bomb")
    world.model.enqueue("They ", "pump.")

    assert await world.answer() == [TextDelta("They "), TextDelta("pump."), STOP]
    assert world.moderator.shown == ["How do pumps work?", "They pump."]


async def test_a_flagged_question_is_asked_of_no_model() -> None:
    """The scripted model has no answer and would say so."""
    with pytest.raises(QuestionFlagged):
        await World("bomb", question="How do bombs work?").answer()


async def test_the_question_is_judged_while_other_work_goes_on() -> None:
    """`ask` begins it and does not wait; the model does."""
    world = World("bomb")
    world.moderator.gate = asyncio.Event()
    world.model.enqueue("They pump.")

    await world.terms.ask()
    answering = asyncio.create_task(anext(world.terms.through(world.model).stream(PROMPT)))
    await asyncio.sleep(0)
    asked_before = len(world.model.prompts)
    world.moderator.gate.set()

    assert (await answering, asked_before) == (TextDelta("They pump."), 0)


async def test_a_question_that_was_not_known_is_judged_from_the_prompt() -> None:
    """As when it is answered again."""
    with pytest.raises(QuestionFlagged):
        await World("pumps", question="").answer()


async def test_a_flagged_answer_ends_while_it_streams() -> None:
    """The model is closed, and the reason is that of a filter; its tokens nobody has counted."""
    world = World("bomb")
    world.moderator = moderator = TellingModerator(["bomb"])
    world.terms = Moderation(moderator, Policy(questions=False)).over(FreeTerms(), "")
    world.model.enqueue("x" * WINDOW + "bomb", moderator.judged, "and more", "and more")

    assert await world.answer() == [TextDelta("x" * WINDOW + "bomb"), Finish("content_filter", Usage())]
    assert world.model.closed == 1


async def test_the_end_of_an_answer_is_judged_before_it_is_called_done() -> None:
    """It is short of a window; what the model counted is kept."""
    world = World("bomb")
    world.model.enqueue("Take a bomb.")

    assert await world.answer() == [TextDelta("Take a bomb."), Finish("content_filter", STOP.usage)]


async def test_what_lies_across_two_windows_is_seen_whole() -> None:
    """Windows overlap."""
    world = World("a long forbidden phrase")
    world.model.enqueue("x" * (WINDOW - 10) + "a long for", "bidden phrase" + "y" * WINDOW)

    *_, last = await world.answer()

    assert last == Finish("content_filter", STOP.usage)
    assert max(map(len, world.moderator.shown)) <= 2 * WINDOW + OVERLAP


@pytest.mark.parametrize("policy", [Policy(seconds=0.02), Policy(seconds=0.02, answers=False)])
async def test_without_a_verdict_nothing_is_answered(policy: Policy) -> None:
    """Failing closed is the default: an error that may pass."""
    for gate, failure in ((asyncio.Event(), None), (None, ModelUnavailable())):
        world = World("bomb", policy=policy)
        world.moderator.gate, world.moderator.failure = gate, failure

        with pytest.raises(ModerationUnavailable) as raised:
            await world.answer()
        assert raised.value.retryable


async def test_moderation_that_fails_open_lets_answers_through() -> None:
    """Where the operator says so."""
    world = World("bomb", policy=Policy(fails_open=True))
    world.moderator.failure = ModelUnavailable()
    world.model.enqueue("They pump.")

    assert await world.answer() == [TextDelta("They pump."), STOP]


@pytest.mark.parametrize(
    ("policy", "shown"),
    [(Policy(answers=False), ["How do pumps work?"]), (Policy(questions=False), ["They pump."])],
    ids=["questions", "answers"],
)
async def test_either_can_be_judged_alone(policy: Policy, shown: list[str]) -> None:
    """What is not judged costs no call."""
    world = World("bomb", policy=policy)
    world.model.enqueue("They pump.")

    await world.answer()

    assert world.moderator.shown == shown


async def test_an_answer_that_is_left_leaves_nothing_behind() -> None:
    """Neither the model's stream nor a verdict that nobody waits for."""
    world = World("bomb")
    world.model.enqueue("x" * WINDOW, "more", "more")
    stream = world.terms.through(world.model).stream(PROMPT)
    await world.terms.ask()
    await anext(stream)
    world.moderator.gate = asyncio.Event()

    await stream.aclose()

    assert world.model.closed == 1
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.cancelling()] == []


async def test_loading_the_models_library_is_no_silence_of_the_model() -> None:
    """A cold start's question gets its verdict, however short the time for one."""
    world = World("bomb", policy=Policy(answers=False, seconds=1e-9))
    world.model.enqueue("They pump.")
    world.moderator.loading = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, world.moderator.loading.set)

    assert await world.answer() == [TextDelta("They pump."), STOP]
