"""How an execution environment ends, and what it outlives."""

from __future__ import annotations

import psutil
import pytest

from local.runtime_api import InvocationError
from tests.streaming.conftest import Start
from tests.streaming.signals import Signals

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_frozen_environment_goes_on(start: Start) -> None:
    """Lambda lets the process stand still between events, whole, and hands it the next one as it thaws."""
    runtime = await start("plain.handler")
    process = psutil.Process(runtime.process.pid)

    shown = []
    for _ in range(2):
        await runtime.ready()
        process.suspend()
        reply = await runtime.get("/life")
        process.resume()
        shown.append((await reply.end()).json()["starts"])

    assert shown == [1, 1]


async def test_an_answer_over_lambdas_limit_is_stopped(start: Start) -> None:
    """The Runtime API refuses the rest; the client has what fits, and the next request works."""
    runtime = await start("plain.handler", streamed_limit=2_000_000)

    answer = await (await runtime.get("/endless-bytes")).end()
    await runtime.logs("The Runtime API did not take the streamed response (status 413).")
    stopped_by = (await (await runtime.get("/what-stopped-it")).end()).json()

    assert answer.error == InvocationError("Function.ResponseSizeTooLarge")
    assert 1_900_000 < len(answer.body) < 2_000_000
    assert stopped_by == ["ClientGone"]


async def test_sigterm_ends_an_idle_environment_in_good_order(start: Start, signals: Signals) -> None:
    """The app is shut down, although the runtime waits for an event."""
    runtime = await start("plain.handler")
    await runtime.ready()

    runtime.process.terminate()

    assert await runtime.exit_code() == 0
    assert "shut down" in signals.told


async def test_sigterm_ends_a_busy_environment_in_good_order(start: Start, signals: Signals) -> None:
    """The request is broken off with time to clean up, its client is told, and the app is shut down after it."""
    runtime = await start("plain.handler")
    reply = await runtime.get("/endless-events")
    body = reply.chunks()
    await anext(body)
    before = len(signals.told)

    runtime.process.terminate()
    rest = b"".join([chunk async for chunk in body])

    assert await runtime.exit_code() == 0
    assert signals.told[before:] == ["cleaned up", "shut down"]
    assert b'"code": "internal_error"' in rest
    assert reply.invocation.error
    assert reply.invocation.error.type == "Function.Terminated"


async def test_sigterm_ends_an_environment_whose_client_does_not_read(start: Start, signals: Signals) -> None:
    """The end of the answer is offered for a moment only, so that the app can be shut down in time."""
    runtime = await start("plain.handler")
    reply = await runtime.get("/endless-bytes")
    await reply.invocation.head()
    before = len(signals.told)

    runtime.process.terminate()

    assert await runtime.exit_code() == 0
    assert signals.told[before:] == ["shut down"]
    assert "The client did not take the end of its answer within" in runtime.output


async def test_an_app_that_hangs_at_its_end_is_left_behind(start: Start, signals: Signals) -> None:
    """What was left running in a request is cancelled before, and cleans up."""
    runtime = await start("slow_end.handler")
    await (await runtime.get("/")).end()
    await runtime.ready()

    runtime.process.terminate()

    assert await runtime.exit_code() == 0
    assert "the stray task has cleaned up" in signals.told
    assert "The app did not shut down within" in runtime.output


async def test_sigterm_ends_an_environment_that_lets_no_exception_out(start: Start) -> None:
    """What waits for something on an exception's way, as the runtime's own poll does, can't hold it up."""
    runtime = await start("unending.handler")
    await runtime.invoke({})
    await runtime.logs("at work")
    await runtime.asleep()

    runtime.process.terminate()

    assert await runtime.exit_code() == 0


async def test_an_environment_ends_with_its_runtime_api(start: Start) -> None:
    """There is nobody left to work for."""
    runtime = await start("plain.handler")
    await runtime.ready()

    await runtime.api.close()

    assert await runtime.exit_code() == 1
