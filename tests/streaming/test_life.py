"""What an execution environment starts, keeps, runs and ends, and when."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from local.runtime_api import EnvironmentLost
from tests.streaming.conftest import Start
from tests.streaming.environment import ExecutionEnvironment, function_url_event
from tests.streaming.signals import Signals

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_app_starts_once_and_stays_on_one_loop(runtime: ExecutionEnvironment) -> None:
    """Requests share what was made at the start, and get a copy of the state each."""
    answers = [(await (await runtime.get("/life")).end()).json() for _ in range(3)]

    tasks = answers[0]["tasks"]
    assert answers == [{"starts": 1, "same loop": True, "state": ["loop"], "tasks": tasks}] * 3


async def test_a_request_can_ask_for_its_invocation(runtime: ExecutionEnvironment) -> None:
    """Id, deadline, function and trace, by a function from anywhere and in the scope."""
    reply = await runtime.get("/invocation", request_id="the-request", trace_id="Root=1-2-3")
    shown = (await reply.end()).json()

    invocation = {
        "request_id": "the-request",
        "deadline_ms": shown["current"]["deadline_ms"],
        "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:test:live",
        "trace_id": "Root=1-2-3",
    }
    sent = int(reply.invocation.headers["Lambda-Runtime-Deadline-Ms"])
    assert shown == {
        "current": invocation,
        "extension": invocation,
        "has_time": True,
        "event": "/invocation",
        "context": "the-request",
    }
    assert abs(shown["current"]["deadline_ms"] - sent) <= 2


async def test_work_after_the_answer_delays_no_client_and_precedes_the_next_event(
    runtime: ExecutionEnvironment, signals: Signals
) -> None:
    """The answer is complete while that work has not begun; the environment takes no event until it is done."""
    answer = await (await runtime.get("/background")).end()
    polling = asyncio.create_task(runtime.ready())
    told_when_answered = list(signals.told)

    signals.give("background")
    await polling

    assert answer.json() == "answered"
    assert ("background done" in told_when_answered, "background done" in signals.told) == (False, True)


async def test_work_after_the_answer_waits_for_a_slow_client(runtime: ExecutionEnvironment, signals: Signals) -> None:
    """It begins when Lambda has taken the last byte, not when the last byte was sent."""
    reply = await runtime.get("/background-after-slow-client")
    await reply.invocation.head()
    signals.give("nobody has read")
    await signals.hear("the app is alive")
    told_before_reading = list(signals.told)

    await reply.end()
    await signals.hear("work after the answer")

    assert "work after the answer" not in told_before_reading


async def test_background_tasks_of_a_framework_run_after_its_stream(start: Start, signals: Signals) -> None:
    """FastAPI's stream arrives event by event, its task comes last."""
    runtime = await start("framework.handler")
    reply = await runtime.get("/tokens")
    body = reply.chunks()

    arrived = []
    for number in range(2):
        signals.give(f"token {number}")
        arrived.append(await anext(body))
    rest = [chunk async for chunk in body]
    await runtime.ready()

    assert (arrived, rest) == ([b"data: hello 0\n\n", b"data: hello 1\n\n"], [])
    assert "background task ran" in signals.told


async def test_a_start_that_failed_is_tried_again(start: Start) -> None:
    """At first before any event, then by each request, which is told; the environment survives."""
    runtime = await start("late_start.handler")

    failed = await (await runtime.get("/")).end()
    succeeded = await (await runtime.get("/")).end()

    assert (failed.prelude.status, failed.json()["code"]) == (500, "internal_error")
    assert (succeeded.prelude.status, succeeded.json()) == (200, 3)
    await runtime.logs("attempt 2: the database sleeps")


async def test_a_start_that_hangs_ends_with_its_request(start: Start) -> None:
    """Where it is the request that starts the app, under the managed runtime; the next one begins it anew."""
    runtime = await start("slow_start.handler", wrapper=None)

    late = [await (await runtime.invoke(function_url_event(), seconds=1)).envelope() for _ in range(2)]
    in_time = await (await runtime.invoke(function_url_event())).envelope()

    assert [(it["statusCode"], json.loads(it["body"])["code"]) for it in late] == [(504, "deadline")] * 2
    assert (in_time["statusCode"], json.loads(in_time["body"])) == (200, ["ended"] * 3)


async def test_an_app_without_lifespan_is_served(start: Start) -> None:
    """It may raise at what it does not know."""
    runtime = await start("no_lifespan.handler")

    assert (await (await runtime.get("/")).end()).body == b"fine"


async def test_a_handler_that_can_not_be_imported_is_reported(start: Start) -> None:
    """As by the managed runtime: an initialisation error, and the end of the process."""
    runtime = await start("missing.handler")

    with pytest.raises(EnvironmentLost):
        await runtime.ready()

    assert await runtime.exit_code() == 1
    assert runtime.api.init_error
    assert runtime.api.init_error.type == "Runtime.ImportModuleError"


SNAPSTART = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


async def test_nothing_is_started_before_the_snapshot(start: Start) -> None:
    """Hooks run in order around the restore, the app starts after it, and its randomness is new."""
    runtime = await start("snapshot.handler", variables=SNAPSTART)
    await runtime.api.snapshot_taken()
    runtime.api.restore()

    shown = (await (await runtime.get("/")).end()).json()

    assert shown["life"] == ["before snapshot", "after restore", "startup"]
    assert shown["random"] != random.Random(1).random()  # noqa: S311 - this one must be predictable


async def test_a_failed_restore_is_reported(start: Start) -> None:
    """With the type that Lambda expects, and the exit code of the managed runtime."""
    runtime = await start("snapshot.handler", variables={**SNAPSTART, "TEST_RESTORE_FAILS": "1"})
    await runtime.api.snapshot_taken()
    runtime.api.restore()

    reason = await runtime.api.gone()

    assert (reason.type, await runtime.exit_code()) == ("Runtime.AfterRestoreError", 65)
