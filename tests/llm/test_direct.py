"""Calls that go the short way through LiteLLM, which all but a model's first do, and what it must not change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMChat, LiteLLMEmbedder
from sluice.adapters.llm.direct import Calls
from sluice.errors import ModelError
from sluice.ports import Embeddings, Finish, PromptMessage, TextDelta
from tests.llm.upstream import Reply, Upstream, chat, embeddings, failure

PROMPT = [PromptMessage("user", "Who?")]


class Threads(ThreadPoolExecutor):
    """Counts what is handed to it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(fn, *args, **kwargs)


async def outcome(model: LiteLLMChat) -> list[TextDelta | Finish | tuple[type[ModelError], str]]:
    """Return what arrives, and at the end the error, if there is one."""
    arrived: list[TextDelta | Finish | tuple[type[ModelError], str]] = []
    try:
        async for event in model.stream(PROMPT):
            arrived.append(event)  # noqa: PERF401 - a comprehension would lose what came before the error
    except ModelError as error:
        arrived.append((type(error), str(error)))
    return arrived


@pytest.mark.parametrize(
    "reply",
    [
        chat("Ada ", "did."),
        chat("Ada ", finish="length"),
        chat("Ada ", finish=None, done=False),
        failure(429, headers={"retry-after": "7"}),
        failure(500),
        failure(503),
        failure(401),
        failure(403),
        failure(404),
        failure(400),
        failure(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
        failure(400, "It is against the rules.", "content_policy_violation"),
        Reply(steps=[asyncio.Event()]),
    ],
)
async def test_a_later_call_ends_as_a_first_does(upstream: Upstream, reply: Reply) -> None:
    """The same events, the same error with the same words."""
    model = LiteLLMChat("openai/scripted", timeout=0.5, options={"api_base": upstream.base, "api_key": "sk-x"})
    upstream.enqueue(reply, chat("Ada."), reply)

    first, _, later = [await outcome(model) for _ in range(3)]

    assert later == first


async def embedded(embedder: LiteLLMEmbedder) -> Embeddings | tuple[type[ModelError], str]:
    try:
        return await embedder.embed_query("Who?")
    except ModelError as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "reply",
    [
        embeddings([3.0, 4.0], tokens=5),
        embeddings("AACAPwAAAEA="),
        embeddings([1.0], [1.0]),
        failure(429, headers={"retry-after": "99"}),
        failure(500),
        failure(401),
        failure(404),
        failure(400),
    ],
)
async def test_a_later_question_is_embedded_as_a_first_is(upstream: Upstream, reply: Reply) -> None:
    """The same vector of the same tokens, or the same error with the same words."""
    options = {"api_base": upstream.base, "api_key": "sk-x"}
    embedder = LiteLLMEmbedder("openai/embed", attempts=1, timeout=5, options=options)
    upstream.enqueue(reply, embeddings([1.0]), reply)

    first, _, later = [await embedded(embedder) for _ in range(3)]

    assert later == first


async def test_a_first_call_imports_beside_the_event_loop_and_later_ones_use_no_thread(upstream: Upstream) -> None:
    """What has never answered is called as ever; then nothing is handed to a thread."""
    loop = asyncio.get_running_loop()
    calls = Calls("acompletion")
    options = {
        "model": "openai/scripted",
        "messages": [{"role": "user", "content": "Who?"}],
        "stream": True,
        "api_base": upstream.base,
        "api_key": "sk-x",
    }
    threads = Threads()
    loop.set_default_executor(threads)
    used: list[int] = []
    for _ in range(3):
        upstream.enqueue(chat("Ada."))
        before = threads.asked
        answer = await calls(options)
        used.append(threads.asked - before)
        await answer.aclose()

    assert used == [1, 0, 0]
