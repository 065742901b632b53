"""How streams in OpenAI's protocol are read, as they come from many servers that speak it in ways of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMChat
from sluice.domain import Usage
from sluice.errors import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerRefused,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
)
from sluice.ports import Finish, PromptMessage, TextDelta
from tests.llm.upstream import Reply, Upstream

DONE = b"data: [DONE]\n\n"
COUNTED: dict[str, Any] = {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
UNCOUNTED = Usage(0, 0)

Outcome = TextDelta | Finish | type[ModelError]


def line(content: Any) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def chunk(delta: Any, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return line({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more})


def text(content: Any, finish: str | None = None, **more: Any) -> bytes:
    return chunk({"content": content}, finish, **more)


def failed(code: int | str, message: str = "no") -> bytes:
    return line({"error": {"message": message, "code": code}})


STOP = text("", "stop")
# As proxies word it; of the code LiteLLM reads only the number.
REFUSED = failed(400, "invalid_request_error: content_policy_violation")
A = TextDelta("A")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([text("A"), STOP, DONE], [A, Finish("stop", UNCOUNTED)], id="plain"),
        pytest.param([text("A"), STOP], [A, Finish("stop", UNCOUNTED)], id="without the last line"),
        pytest.param([b": ping\n\n", text("A"), b": ping\n\n", STOP, DONE], [A, Finish("stop", UNCOUNTED)], id="pings"),
        pytest.param([b"event: x\nid: 3\n" + text("A"), STOP], [A, Finish("stop", UNCOUNTED)], id="event and id"),
        pytest.param([text("A").replace(b"\n", b"\r\n"), STOP], [A, Finish("stop", UNCOUNTED)], id="CRLF"),
        pytest.param([text("A").replace(b": ", b":", 1), STOP], [A, Finish("stop", UNCOUNTED)], id="no space"),
        pytest.param([text("A")[:20], text("A")[20:], STOP], [A, Finish("stop", UNCOUNTED)], id="in two pieces"),
        pytest.param([b"data: {no\n\n", text("A"), STOP], [A, Finish("stop", UNCOUNTED)], id="a line that is no JSON"),
        pytest.param([text("A", "stop"), DONE], [A, Finish("stop", UNCOUNTED)], id="an end that has text"),
        pytest.param([text("A"), text("", "eos")], [A, Finish("stop", UNCOUNTED)], id="another word for stop"),
        pytest.param([text("A"), text("", "max_tokens")], [A, Finish("length", UNCOUNTED)], id="and for length"),
        pytest.param([text("A"), text("", "stop", **COUNTED)], [A, Finish("stop", Usage(5, 2))], id="usage at the end"),
        pytest.param([text("A", **COUNTED), STOP], [A, Finish("stop", Usage(5, 2))], id="usage with text"),
        pytest.param([chunk({"reasoning": "hm"}), text("A"), STOP], [A, Finish("stop", UNCOUNTED)], id="reasoning"),
        pytest.param([text(["thought"]), STOP], [AnswerEmpty], id="what is no text"),
        pytest.param([failed(400)], [ModelRejected], id="an error instead of an answer"),
        pytest.param([failed(429)], [ModelRateLimited], id="a limit instead of an answer"),
        pytest.param([failed(503)], [ModelUnavailable], id="an outage instead of an answer"),
        pytest.param([REFUSED], [AnswerRefused], id="a refusal instead of an answer"),
        pytest.param([text("A"), failed(500)], [A, AnswerCutOff], id="an outage after text"),
        pytest.param([text("A"), failed(400)], [A, AnswerCutOff], id="a rejection after text"),
        pytest.param([text("A"), failed(401)], [A, AnswerCutOff], id="a wrong key after text"),
        pytest.param([text("A"), failed(429)], [A, AnswerCutOff], id="a limit after text"),
        pytest.param([text("A"), failed("odd")], [A, AnswerCutOff], id="an unknown error after text"),
        pytest.param([text("A"), REFUSED], [A, AnswerRefused], id="a refusal after text"),
        pytest.param([], [AnswerCutOff], id="nothing"),
    ],
)
async def test_an_answer_is_read_whatever_its_server_makes_of_the_protocol(
    upstream: Upstream, steps: Sequence[bytes], expected: Sequence[Outcome]
) -> None:
    """Text, the provider's own end, or the error that it sent."""
    upstream.enqueue(Reply(headers={"content-type": "text/event-stream"}, steps=steps))

    assert await read(upstream) == expected


async def test_a_connection_that_drops_after_the_end_has_cut_nothing_off(upstream: Upstream) -> None:
    upstream.enqueue(Reply(headers={"content-type": "text/event-stream"}, steps=[text("A"), STOP], cut=True))

    assert await read(upstream) == [A, Finish("stop", UNCOUNTED)]


async def read(upstream: Upstream) -> list[Outcome]:
    model = LiteLLMChat("openai/m", timeout=5, options={"api_base": upstream.base, "api_key": "sk-x"})
    arrived: list[Outcome] = []
    try:
        async for event in model.stream([PromptMessage("user", "Who?")]):
            arrived.append(event)  # noqa: PERF401 - a comprehension would lose what came before the error
    except ModelError as error:
        arrived.append(type(error))
    return arrived
