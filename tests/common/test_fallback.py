"""A chat model made of several, driven with scripted ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sluice.domain import Usage
from sluice.errors import (
    AnswerCutOff,
    AnswerRefused,
    ContextTooLong,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
)
from sluice.fallback import FallbackChat, ModelTooSlow, Patience
from sluice.ports import Delta, Finish, NextAttempt, PromptMessage, TextDelta
from sluice.testing.models import STOP, ScriptedModel, Step

PROMPT = [PromptMessage("user", "What do blue whales eat?")]
QUICK = Patience(first_token=5, between_tokens=5, retry_pause=0.001, longest_pause=1)


def model(name: str, *answers: Sequence[Step]) -> ScriptedModel:
    scripted = ScriptedModel(name)
    for steps in answers:
        scripted.enqueue(*steps)
    return scripted


def loaded_soon() -> asyncio.Event:
    """Return an event that comes later than any clock of a nanosecond."""
    loading = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, loading.set)
    return loading


async def read(chat: FallbackChat, model: str | None = None) -> tuple[list[Delta], ModelError | None]:
    """Return what came, and the error that ended it."""
    deltas: list[Delta] = []
    try:
        async for delta in chat.stream(PROMPT, model=model):
            deltas.append(delta)  # noqa: PERF401 - a comprehension would lose what came before the error
    except ModelError as error:
        return deltas, error
    return deltas, None


async def test_the_first_model_answers_when_it_can() -> None:
    """No other is asked."""
    second = model("second")

    deltas, error = await read(FallbackChat([model("first", ["Krill."]), second], QUICK))

    assert (deltas, error, second.prompts) == ([TextDelta("Krill."), STOP], None, [])


async def test_an_error_that_may_pass_is_tried_once_more() -> None:
    """And told."""
    chat = FallbackChat([model("first", [ModelUnavailable()], ["Krill."])], QUICK)

    deltas, error = await read(chat)

    assert (deltas, error) == (
        [NextAttempt("retrying", "first", "model_unavailable"), TextDelta("Krill."), STOP],
        None,
    )


async def test_after_two_failures_the_next_model_is_asked() -> None:
    """In the order of the list."""
    first = model("first", [ModelUnavailable()], [AnswerCutOff()])

    deltas, _ = await read(FallbackChat([first, model("second", ["Krill."])], QUICK))

    assert deltas == [
        NextAttempt("retrying", "first", "model_unavailable"),
        NextAttempt("fallback", "second", "answer_cut_off"),
        TextDelta("Krill."),
        STOP,
    ]


@pytest.mark.parametrize("failure", [ModelRejected(), ContextTooLong(), ModelError()])
async def test_an_error_that_stays_goes_to_the_next_model_at_once(failure: ModelError) -> None:
    """The same request would fail again, but another model has another key, name and context."""
    first = model("first", [failure])

    deltas, error = await read(FallbackChat([first, model("second", ["Krill."])], QUICK))

    assert deltas == [NextAttempt("fallback", "second", failure.code), TextDelta("Krill."), STOP]
    assert (error, len(first.prompts)) == (None, 1)


async def test_a_provider_that_asks_for_a_long_wait_is_left_alone() -> None:
    """A person waits: the next model is asked at once."""
    first = model("first", [ModelRateLimited(retry_after=60)])

    deltas, _ = await read(FallbackChat([first, model("second", ["Krill."])], QUICK))

    assert deltas[0] == NextAttempt("fallback", "second", "model_rate_limited")


async def test_when_no_model_answers_the_last_error_is_told() -> None:
    """After everything was tried."""
    chat = FallbackChat([model("first", [ModelRejected()]), model("second", [ContextTooLong()])], QUICK)

    deltas, error = await read(chat)

    assert deltas == [NextAttempt("fallback", "second", "model_rejected")]
    assert isinstance(error, ContextTooLong)


async def test_a_refusal_is_not_evaded() -> None:
    """No other model is asked to say what one may not."""
    second = model("second")

    _, error = await read(FallbackChat([model("first", [AnswerRefused()]), second], QUICK))

    assert isinstance(error, AnswerRefused)
    assert second.prompts == []


async def test_after_the_first_text_nothing_begins_again() -> None:
    """Two half answers would be worse than one."""
    first, second = model("first", ["They eat ", ModelUnavailable()]), model("second")

    deltas, error = await read(FallbackChat([first, second], QUICK))

    assert (deltas, type(error), second.prompts, len(first.prompts)) == (
        [TextDelta("They eat ")],
        ModelUnavailable,
        [],
        1,
    )


async def test_an_answer_without_text_is_an_answer() -> None:
    """A filter that ends it at once is told, not tried again."""
    end = Finish("content_filter", Usage(7, 0))

    deltas, _ = await read(FallbackChat([model("first", [end]), model("second")], QUICK))

    assert deltas == [end]


async def test_a_model_that_does_not_begin_is_closed_and_the_next_one_asked() -> None:
    """It is not tried twice: that would take as long again."""
    slow = model("slow", [asyncio.Event()])

    deltas, _ = await read(
        FallbackChat([slow, model("second", ["Krill."])], Patience(first_token=0.01, between_tokens=5))
    )

    assert deltas[0] == NextAttempt("fallback", "second", ModelTooSlow.code)
    assert (slow.closed, len(slow.prompts)) == (1, 1)


async def test_a_model_that_falls_silent_has_cut_the_answer_off() -> None:
    """The upstream call is closed, and the error is one that may pass."""
    silent = model("silent", ["They eat ", asyncio.Event()])

    deltas, error = await read(FallbackChat([silent, model("second")], Patience(first_token=5, between_tokens=0.01)))

    assert deltas == [TextDelta("They eat ")]
    assert isinstance(error, AnswerCutOff)
    assert (error.retryable, silent.closed) == (True, 1)


async def test_a_reader_who_leaves_closes_the_model() -> None:
    """At once, not when it next has something to say."""
    upstream = model("first", ["They eat ", asyncio.Event()])
    deltas = FallbackChat([upstream], QUICK).stream(PROMPT)
    await anext(deltas)

    await deltas.aclose()

    assert upstream.closed == 1


async def test_the_model_of_a_request_is_asked_first() -> None:
    """The configured ones stand behind it; the one that failed is not asked under its own name again."""
    first, second, third = model("first", [ModelRejected()]), model("second"), model("third", ["Krill."])

    deltas, _ = await read(FallbackChat([first, second, third], QUICK), model="second")

    assert first.models == ["second"]
    assert (second.models, third.models) == ([], [None])
    assert deltas[0] == NextAttempt("fallback", "third", "model_rejected")


async def test_a_prompt_must_fit_into_the_smallest_context() -> None:
    """It is made once, whichever model will read it."""
    models = [model("large"), model("small"), model("unknown")]
    models[0].context, models[1].context = 200_000, 8_000

    assert await FallbackChat(models).context_tokens() == 8_000
    assert await FallbackChat(models[2:]).context_tokens() is None


async def test_loading_a_models_library_is_no_silence_of_the_model() -> None:
    """The clock of the first text starts when the model could be asked."""
    first = model("first", ["Krill."])
    first.loading = loaded_soon()

    deltas, error = await read(FallbackChat([first, model("second")], Patience(first_token=1e-9, between_tokens=5)))

    assert (deltas, error) == ([TextDelta("Krill."), STOP], None)
