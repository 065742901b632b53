"""The LiteLLM chat adapter against a provider over real HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMChat
from sluice.domain import Usage
from sluice.errors import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerRefused,
    ContextTooLong,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
)
from sluice.ports import Finish, PromptMessage, TextDelta
from tests.llm.upstream import Reply, Upstream, chat, failure, refusal

KEY = "sk-never-shown"
PROMPT = [PromptMessage("system", "Be brief."), PromptMessage("user", "Who?")]


def model(upstream: Upstream, timeout: float = 30.0, name: str = "openai/scripted") -> LiteLLMChat:
    return LiteLLMChat(name, timeout=timeout, options={"api_base": upstream.base, "api_key": KEY})


async def collect(chat_model: LiteLLMChat, **options: Any) -> list[TextDelta | Finish]:
    return [event async for event in chat_model.stream(PROMPT, **options)]


async def fail(chat_model: LiteLLMChat) -> tuple[list[TextDelta | Finish], ModelError]:
    """Return what arrived before the error, and the error."""
    arrived: list[TextDelta | Finish] = []

    async def read() -> None:
        async for event in chat_model.stream(PROMPT):
            arrived.append(event)  # noqa: PERF401 - a comprehension would lose what came before the error

    with pytest.raises(ModelError) as caught:
        await read()
    return arrived, caught.value


async def test_an_answer_streams_and_ends_with_its_usage(upstream: Upstream) -> None:
    """Each piece of text is one event, then one finish with the provider's token counts."""
    upstream.enqueue(chat("Ada ", "did.", usage=(12, 4)))

    events = await collect(model(upstream))

    assert events == [TextDelta("Ada "), TextDelta("did."), Finish("stop", Usage(12, 4))]


async def test_the_request_carries_the_prompt_and_asks_for_usage(upstream: Upstream) -> None:
    """Messages go out as they are, streamed, with usage."""
    upstream.enqueue(chat("Ada."))

    await collect(model(upstream))

    sent = {name: upstream.requests[0][name] for name in ("model", "messages", "stream", "stream_options")}
    assert sent == {
        "model": "scripted",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_another_model_can_be_asked_for_one_answer(upstream: Upstream) -> None:
    """The override names the model of this call alone."""
    upstream.enqueue(chat("Ada."), chat("Ada."))
    configured = model(upstream)

    await collect(configured, model="openai/other")
    await collect(configured)

    assert [request["model"] for request in upstream.requests] == ["other", "scripted"]


async def test_text_arrives_before_the_answer_is_complete(upstream: Upstream) -> None:
    """The first piece is there while the provider still holds the second back."""
    go_on = asyncio.Event()
    upstream.enqueue(chat("first", go_on, "second"))
    stream = model(upstream).stream(PROMPT)

    first = await anext(stream)
    go_on.set()
    rest = [event async for event in stream]

    assert [first, *rest] == [TextDelta("first"), TextDelta("second"), Finish("stop", Usage(7, 3))]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_an_unusual_end_is_told(upstream: Upstream, reason: str) -> None:
    """An answer that was too long or filtered ends with that reason."""
    upstream.enqueue(chat("Ada ", finish=reason))

    assert await collect(model(upstream)) == [TextDelta("Ada "), Finish(reason, Usage(7, 3))]


@pytest.mark.parametrize(
    "reply",
    [
        chat("Ada ", finish=None),
        chat("Ada ", finish=None, done=False),
        Reply(headers={"content-type": "text/event-stream"}, steps=chat("Ada ", finish=None).steps[:2], cut=True),
    ],
    ids=["done without a reason", "the body ends", "the connection drops"],
)
async def test_an_answer_that_just_ends_is_cut_off(upstream: Upstream, reply: Reply) -> None:
    """Text that arrived stands, but no finish is invented."""
    upstream.enqueue(reply)

    arrived, error = await fail(model(upstream))

    assert (arrived, type(error)) == ([TextDelta("Ada ")], AnswerCutOff)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failure(429), ModelRateLimited),
        (failure(429, "You exceeded your current quota.", "insufficient_quota"), ModelRejected),
        (failure(500), ModelUnavailable),
        (failure(503), ModelUnavailable),
        (failure(401), ModelRejected),
        (failure(403), ModelRejected),
        (failure(404), ModelRejected),
        (failure(400), ModelRejected),
        (
            failure(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
            ContextTooLong,
        ),
        (failure(400, "It is against the rules.", "content_policy_violation"), AnswerRefused),
    ],
)
async def test_a_provider_error_becomes_one_of_ours(
    upstream: Upstream, reply: Reply, expected: type[ModelError]
) -> None:
    """One request, one error of our tree; nothing is retried unseen."""
    upstream.enqueue(reply)

    arrived, error = await fail(model(upstream))

    assert (arrived, type(error), len(upstream.requests)) == ([], expected, 1)


async def test_an_error_shows_neither_key_nor_provider_text(upstream: Upstream) -> None:
    """Providers quote keys and prompts; our message does not quote them."""
    upstream.enqueue(failure(401, f"Incorrect API key provided: {KEY}"))

    _, error = await fail(model(upstream))

    assert type(error) is ModelRejected
    assert KEY not in str(error)
    assert "Incorrect" not in str(error)


async def test_a_provider_that_never_begins_times_out(upstream: Upstream) -> None:
    """No first token within the timeout: the model is unavailable, and the connection is given up."""
    upstream.enqueue(Reply(steps=[asyncio.Event()]))

    arrived, error = await fail(model(upstream, timeout=0.3))
    await asyncio.wait_for(upstream.hung_up.wait(), timeout=10)

    assert (arrived, type(error)) == ([], ModelUnavailable)
    assert "in time" in str(error)


async def test_a_provider_that_stalls_cuts_the_answer_off(upstream: Upstream) -> None:
    """No next token within the timeout: what came stands, and the connection is given up."""
    upstream.enqueue(chat("Ada ", asyncio.Event()))

    arrived, error = await fail(model(upstream, timeout=0.3))
    await asyncio.wait_for(upstream.hung_up.wait(), timeout=10)

    assert (arrived, type(error)) == ([TextDelta("Ada ")], AnswerCutOff)


async def test_closing_the_stream_closes_the_upstream_call(upstream: Upstream) -> None:
    """A reader who leaves costs no more tokens."""
    upstream.enqueue(chat("Ada ", asyncio.Event()))
    stream = model(upstream).stream(PROMPT)
    await anext(stream)

    await stream.aclose()

    await asyncio.wait_for(upstream.hung_up.wait(), timeout=10)


async def test_a_provider_that_is_not_there_is_unavailable() -> None:
    """Nothing listens on the address."""
    absent = LiteLLMChat("openai/x", options={"api_base": "http://127.0.0.1:9/v1", "api_key": KEY})

    arrived, error = await fail(absent)

    assert (arrived, type(error)) == ([], ModelUnavailable)


async def test_a_missing_key_is_named(upstream: Upstream) -> None:
    """The operator reads which variable to set."""
    upstream.enqueue(failure(401))

    arrived, error = await fail(LiteLLMChat("openai/x", options={"api_base": upstream.base}))

    assert (arrived, type(error)) == ([], ModelRejected)
    assert "OPENAI_API_KEY" in str(error)


@pytest.mark.parametrize("name", ["nobody/knows", "offline/unknown"])
async def test_an_unknown_model_is_rejected(name: str) -> None:
    """A wrong name is the operator's to mend, and the message says the name."""
    arrived, error = await fail(LiteLLMChat(name))

    assert (arrived, type(error)) == ([], ModelRejected)
    assert name in str(error)


async def test_an_answer_without_a_word_is_an_error(upstream: Upstream) -> None:
    """LiteLLM drops the field in which OpenAI declines; the empty answer that is left must not look like one."""
    upstream.enqueue(refusal("I can't ", "help with that."))

    said, error = await fail(model(upstream))

    assert (said, type(error)) == ([], AnswerEmpty)
