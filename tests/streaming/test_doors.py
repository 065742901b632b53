"""The same handler behind every front door: streamed where that is possible, buffered elsewhere."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import pytest_asyncio

from local.runtime_api import InvocationError
from tests.streaming import events
from tests.streaming.conftest import Start
from tests.streaming.environment import ExecutionEnvironment, function_url_event

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUFFERED_DOORS = [events.http_api, events.rest_api, events.load_balancer]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def framework(start: Start) -> ExecutionEnvironment:
    return await start("framework.handler")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def managed(start: Start) -> ExecutionEnvironment:
    """The managed runtime without the exec wrapper."""
    return await start("plain.handler", wrapper=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def eventful(start: Start) -> ExecutionEnvironment:
    return await start("eventful.handler")


def text_of(envelope: dict[str, Any]) -> str:
    body: str = envelope["body"]
    return base64.b64decode(body).decode() if envelope["isBase64Encoded"] else body


@pytest.mark.parametrize("door", BUFFERED_DOORS)
async def test_other_doors_get_a_buffered_envelope(door: Any, framework: ExecutionEnvironment) -> None:
    """Under the streaming runtime too: none of them would understand a stream."""
    envelope = await (await framework.invoke(door("/session"))).envelope()

    assert (envelope["statusCode"], json.loads(text_of(envelope))) == (200, {"seen": "before"})


@pytest.mark.parametrize("door", BUFFERED_DOORS)
async def test_a_failure_behind_another_door_is_a_problem(door: Any, runtime: ExecutionEnvironment) -> None:
    """Nothing has left yet, so even half an answer is replaced."""
    for path in ("/fail-before", "/fail-after", "/silent"):
        envelope = await (await runtime.invoke(door(path))).envelope()

        assert (envelope["statusCode"], json.loads(text_of(envelope))["code"]) == (500, "internal_error"), path


async def test_without_the_wrapper_a_function_url_gets_an_envelope(managed: ExecutionEnvironment) -> None:
    """The managed runtime can't stream; path, query and cookies are read just as well."""
    event = function_url_event(path="/docs/100%2525", query="b=2&a=1", cookies=["a=1"])
    envelope = await (await managed.invoke(event)).envelope()

    shown = json.loads(text_of(envelope))
    assert (envelope["statusCode"], envelope["headers"]) == (200, {"content-type": "application/json"})
    assert (shown["path"], shown["query_string"]) == ("/docs/100%25", "b=2&a=1")
    assert ["cookie", "a=1"] in shown["headers"]


async def test_without_the_wrapper_one_loop_and_one_start_remain(managed: ExecutionEnvironment) -> None:
    """Pools and clients survive between invocations of the managed runtime too."""
    envelopes = [await (await managed.invoke(function_url_event(path="/life"))).envelope() for _ in range(2)]

    shown = [json.loads(text_of(envelope)) for envelope in envelopes]
    assert [(life["starts"], life["same loop"], life["state"]) for life in shown] == [(1, True, ["loop"])] * 2


async def test_events_go_to_their_own_function(eventful: ExecutionEnvironment) -> None:
    """What it returns is the result; the context and the invocation are at hand."""
    event = events.queue("one", "two")
    result = await (await eventful.invoke(event, request_id="r-events")).envelope()

    assert result == {"event": event, "context": "r-events", "current": "r-events"}


async def test_requests_and_events_share_an_environment(eventful: ExecutionEnvironment) -> None:
    """In any order."""
    streamed = await (await eventful.get("/")).end()
    result = await (await eventful.invoke({"source": "aws.events"})).envelope()

    assert (streamed.json(), result["event"]) == ({"hello": "web"}, {"source": "aws.events"})


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ({"fail": True}, "ValueError", "a bad event"),
        ({"hang": True}, "DeadlineExceeded", "The event was still being handled"),
        ({"own timeout": True}, "TimeoutError", "the upstream's"),
    ],
)
async def test_an_event_that_fails_is_an_error_of_the_invocation(
    event: object, kind: str, message: str, eventful: ExecutionEnvironment
) -> None:
    """The source of the event then tries again, by its own rules; time runs out before Lambda would end the process."""
    reply = await eventful.invoke(event, seconds=1)
    await reply.invocation.head()

    assert isinstance(reply.invocation.error, InvocationError)
    assert isinstance(reply.invocation.error.payload, dict)
    assert reply.invocation.error.payload["errorType"] == kind
    assert message in reply.invocation.error.payload["errorMessage"]


@pytest.mark.parametrize(
    "event",
    [events.queue("one"), ["a list"], {"requestContext": {"connectionId": "x"}}, {"requestContext": None}, None],
)
async def test_an_event_that_nobody_takes_is_a_clear_error(event: object, runtime: ExecutionEnvironment) -> None:
    """It names what came and what to do, and the environment survives."""
    reply = await runtime.invoke(event)
    await reply.invocation.head()

    assert isinstance(reply.invocation.error, InvocationError)
    assert isinstance(reply.invocation.error.payload, dict)
    assert reply.invocation.error.payload["errorType"] == "UnknownEvent"
    assert "Streaming(app, events=...)" in reply.invocation.error.payload["errorMessage"]
    assert (await (await runtime.get("/request")).end()).prelude.status == 200
