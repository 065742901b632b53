"""Several models behind real HTTP: what is asked, what is closed, what is told."""

from __future__ import annotations

import asyncio

import pytest

from sluice.adapters.llm import LiteLLMChat, library
from sluice.domain import Usage
from sluice.errors import AnswerCutOff, ModelError
from sluice.fallback import FallbackChat, Patience
from sluice.ports import Delta, Finish, NextAttempt, PromptMessage, TextDelta
from tests.llm.upstream import Reply, Upstream, chat, failure

PROMPT = [PromptMessage("user", "Who?")]
PATIENCE = Patience(first_token=60, between_tokens=60, retry_pause=0.01)
HELLO = [TextDelta("Ada."), Finish("stop", Usage(7, 3))]


def models(upstream: Upstream, patience: Patience = PATIENCE) -> FallbackChat:
    options = {"api_base": upstream.base, "api_key": "sk-x"}
    return FallbackChat([LiteLLMChat(f"openai/{name}", options=options) for name in ("one", "two")], patience)


@pytest.fixture(autouse=True)
async def library_loaded() -> None:
    """Importing LiteLLM takes seconds, which are not those of a model."""
    await library.loaded()


async def read(model: FallbackChat) -> tuple[list[Delta], ModelError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in model.stream(PROMPT):
            deltas.append(delta)  # noqa: PERF401 - a comprehension would lose what came before the error
    except ModelError as error:
        return deltas, error
    return deltas, None


def asked(upstream: Upstream) -> list[str]:
    return [request["model"] for request in upstream.requests]


async def test_a_provider_that_fails_is_tried_again_and_then_replaced(upstream: Upstream) -> None:
    """One retry, in case it passes; then the next model, whose answer comes whole."""
    upstream.enqueue(failure(500), failure(503), chat("Ada."))

    deltas, error = await read(models(upstream))

    assert (asked(upstream), error) == (["one", "one", "two"], None)
    assert deltas == [
        NextAttempt("retrying", "openai/one", "model_unavailable"),
        NextAttempt("fallback", "openai/two", "model_unavailable"),
        *HELLO,
    ]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (failure(429, headers={"retry-after": "60"}), "model_rate_limited"),
        (failure(503, headers={"retry-after": "60"}), "model_unavailable"),
        (failure(401), "model_rejected"),
        (failure(404), "model_rejected"),
        (
            failure(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
            "context_too_long",
        ),
    ],
    ids=["a limit for long", "an outage for long", "a bad key", "an unknown name", "a context that is too small"],
)
async def test_what_will_not_pass_goes_to_the_next_model(upstream: Upstream, reply: Reply, code: str) -> None:
    """At once."""
    upstream.enqueue(reply, chat("Ada."))

    deltas, _ = await read(models(upstream))

    assert deltas == [NextAttempt("fallback", "openai/two", code), *HELLO]


@pytest.mark.parametrize("cut", [chat(finish=None, done=False), Reply(headers={"content-type": "text/event-stream"})])
async def test_a_stream_that_is_cut_before_the_first_text_is_tried_again(upstream: Upstream, cut: Reply) -> None:
    """LiteLLM would call it an answer."""
    upstream.enqueue(cut, chat("Ada."))

    deltas, _ = await read(models(upstream))

    assert deltas == [NextAttempt("retrying", "openai/one", "answer_cut_off"), *HELLO]


async def test_a_stream_that_is_cut_after_it_is_an_error(upstream: Upstream) -> None:
    """Nothing is asked again: the reader has half an answer."""
    upstream.enqueue(chat("Ada ", finish=None, done=False))

    deltas, error = await read(models(upstream))

    assert (deltas, type(error), asked(upstream)) == ([TextDelta("Ada ")], AnswerCutOff, ["one"])


async def test_a_provider_that_does_not_begin_is_hung_up_on(upstream: Upstream) -> None:
    """The reader has waited long enough, and the call is not paid for any longer."""
    upstream.enqueue(chat(asyncio.Event()), chat("Ada."))

    deltas, _ = await read(models(upstream, Patience(first_token=0.5, between_tokens=60)))

    assert deltas == [NextAttempt("fallback", "openai/two", "model_unavailable"), *HELLO]
    await asyncio.wait_for(upstream.hung_up.wait(), 5)


async def test_a_provider_that_falls_silent_is_hung_up_on(upstream: Upstream) -> None:
    """What it has said stands, and is marked as cut off."""
    upstream.enqueue(chat("Ada ", asyncio.Event()))

    deltas, error = await read(models(upstream, Patience(first_token=60, between_tokens=0.3)))

    assert (deltas, type(error)) == ([TextDelta("Ada ")], AnswerCutOff)
    await asyncio.wait_for(upstream.hung_up.wait(), 5)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_how_the_model_ended_is_told(upstream: Upstream, reason: str) -> None:
    """An answer that hit a limit or a filter is not called whole."""
    upstream.enqueue(chat("Ada", finish=reason))

    deltas, _ = await read(models(upstream))

    assert deltas == [TextDelta("Ada"), Finish(reason, Usage(7, 3))]
