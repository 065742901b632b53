"""What a runtime may not do in which state, and how its end is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from local.runtime_api import EnvironmentBusy, EnvironmentLost, InvocationError, RuntimeApi
from tests.runtime_api.client import RuntimeConnection
from tests.runtime_api.conftest import Connect, Invoke

INVALID_STATE = (403, "InvalidStateTransition")


async def test_next_is_refused_while_a_response_streams(
    runtime: RuntimeConnection, connect: Connect, invoke: Invoke
) -> None:
    """One invocation at a time: the response must end first, and may after the refusal."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    await invocation.head()

    refused = await (await connect()).next()
    ended = await runtime.end()

    assert ((refused.status, refused.error_type), ended.status) == (INVALID_STATE, 202)


async def test_next_gives_the_same_event_again_until_it_is_answered(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """A runtime that polls twice has not lost its event."""
    await invoke(b'"event"')

    events = [(await runtime.next()).body, (await runtime.next()).body]

    assert events == [b'"event"', b'"event"']


async def test_a_second_response_is_refused(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """An invocation is answered once."""
    invocation = await invoke()
    await runtime.next()
    await runtime.respond("r1", b"first")

    second = await runtime.respond("r1", b"second")

    assert ((second.status, second.error_type), await invocation.read()) == (INVALID_STATE, b"first")


@pytest.mark.parametrize(
    "sent", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
async def test_a_page_gets_no_event(runtime: RuntimeConnection, invoke: Invoke, sent: dict[str, str]) -> None:
    """What a browser says of itself gives it away, and the event stays for the runtime."""
    await invoke(b'"event"')

    refused = await runtime.ask("GET", "/runtime/invocation/next", headers=sent)
    event = await runtime.next()

    assert ((refused.status, refused.error_type), event.body) == ((403, "Forbidden"), b'"event"')


async def test_an_unknown_request_id_is_refused_and_the_right_one_still_taken(
    runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """A wrong id costs nothing but the request."""
    await invoke()
    await runtime.next()

    wrong = await runtime.respond("r9", b"?")
    right = await runtime.respond("r1", b"!")

    assert (wrong.status, wrong.error_type, right.status) == (400, "InvalidRequestID", 202)


@pytest.mark.parametrize("mode", ["Streaming", "STREAMING", "chunked", ""])
async def test_a_response_mode_that_is_not_known_costs_the_environment(
    mode: str, runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """The value is case-sensitive; the invocation fails and no further poll is allowed."""
    invocation = await invoke()
    await runtime.next()

    refused = await runtime.respond("r1", b"x", {"Lambda-Runtime-Function-Response-Mode": mode})
    afterwards = await runtime.next()

    assert (refused.status, refused.error_type) == (400, "InvalidFunctionResponseMode")
    assert (await invocation.head()).mode == "error"
    assert invocation.error == InvocationError("Runtime.InvalidResponseModeHeader")
    assert (afterwards.status, afterwards.error_type) == INVALID_STATE


async def test_an_error_request_hangs_while_a_response_streams(
    runtime: RuntimeConnection, connect: Connect, invoke: Invoke
) -> None:
    """As in the service: it is answered, with a refusal, only when the stream has ended."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    await invocation.head()
    other = await connect()
    await other.begin("POST", "/runtime/invocation/r1/error", {"content-length": "0"})
    reporting = asyncio.create_task(other.end())

    done, _ = await asyncio.wait({reporting}, timeout=0.2)
    await runtime.end()
    refused = await reporting

    assert (done, (refused.status, refused.error_type)) == (set(), INVALID_STATE)


async def test_a_connection_dropped_in_the_middle_truncates_the_response(
    api: RuntimeApi, runtime: RuntimeConnection, connect: Connect, invoke: Invoke
) -> None:
    """What was posted stands, the invocation fails, and the runtime may poll again."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    await runtime.send(b"half")
    await runtime.close()

    body = await invocation.read()
    again = asyncio.create_task((await connect()).next())
    await api.ready()
    await invoke(b'"next"')

    assert (body, invocation.error) == (b"half", InvocationError("Runtime.TruncatedResponse"))
    assert (await again).body == b'"next"'


async def test_a_runtime_that_dies_while_it_polls_is_noticed(
    api: RuntimeApi, runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """The environment is lost, and says so to the next invocation."""
    poll = asyncio.create_task(runtime.next())
    await api.ready()
    poll.cancel()
    await runtime.close()

    reason = await api.gone()

    assert reason == InvocationError("Runtime.ExitError")
    with pytest.raises(EnvironmentLost, match=r"Runtime\.ExitError"):
        await invoke()


async def test_a_second_invocation_is_refused_while_one_runs(invoke: Invoke) -> None:
    """An environment takes one invocation at a time."""
    await invoke()

    with pytest.raises(EnvironmentBusy, match="r1"):
        await invoke()


async def test_aborting_ends_the_invocation_and_cuts_the_response_off(
    api: RuntimeApi, runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """After a timeout the reader gets what was posted, and the runtime's connection is closed."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    await runtime.send(b"so far")
    body = invocation.body()
    first = await anext(body)

    api.abort(InvocationError("Sandbox.Timeout"))

    with pytest.raises(ConnectionError):
        await runtime.answer()
    assert (first, [rest async for rest in body]) == (b"so far", [])
    assert invocation.error == InvocationError("Sandbox.Timeout")


async def test_hanging_up_truncates_the_response_even_when_nobody_reads(
    api: RuntimeApi, runtime: RuntimeConnection, connect: Connect, invoke: Invoke
) -> None:
    """The environment goes on: its next poll gets the next event."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    for _ in range(3):
        await runtime.send(bytes(100_000))
    await invocation.head()

    api.hang_up()

    with pytest.raises(ConnectionError):
        await runtime.answer()
    again = asyncio.create_task((await connect()).next())
    await api.ready()
    await invoke(b'"next"')
    assert (invocation.error, (await again).body) == (InvocationError("Runtime.TruncatedResponse"), b'"next"')


async def test_an_init_error_fails_the_invocation_that_waits(
    api: RuntimeApi, runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """Whoever invoked while the runtime started learns why it did not."""
    invocation = await invoke()

    answer = await runtime.ask(
        "POST",
        "/runtime/init/error",
        b'{"errorMessage": "no module"}',
        {"Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError"},
    )

    expected = InvocationError("Runtime.ImportModuleError", {"errorMessage": "no module"})
    assert (answer.status, (await invocation.head()).mode) == (202, "error")
    assert (api.init_error, invocation.error, api.lost) == (expected, expected, expected)


async def test_an_init_error_after_the_first_poll_is_refused(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """Initialisation is over when the runtime first polls."""
    await invoke()
    await runtime.next()

    refused = await runtime.ask("POST", "/runtime/init/error", b"{}")

    assert (refused.status, refused.error_type) == INVALID_STATE


async def test_ping_answers(runtime: RuntimeConnection) -> None:
    """The oldest request of the API is still there."""
    answer = await runtime.ask("GET", "/ping")

    assert (answer.status, answer.body) == (200, b"pong")


async def test_an_ordinary_environment_has_no_restore_phase(runtime: RuntimeConnection) -> None:
    """Without SnapStart the path does not exist."""
    assert (await runtime.ask("GET", "/runtime/restore/next")).status == 404


@pytest.fixture
async def snapstart() -> AsyncIterator[RuntimeApi]:
    async with RuntimeApi(snapstart=True) as api:
        yield api


async def test_restore_next_waits_for_the_restore(snapstart: RuntimeApi) -> None:
    """The runtime stands still from its snapshot to the restore, and may poll after it."""
    runtime = await RuntimeConnection.open(snapstart.address)
    waiting = asyncio.create_task(runtime.ask("GET", "/runtime/restore/next"))
    await snapstart.snapshot_taken()
    still = not waiting.done()

    snapstart.restore()
    restored = await waiting
    poll = asyncio.create_task(runtime.next())
    await snapstart.ready()
    await snapstart.invoke(b'"go"', request_id="r1", deadline_ms=0, function_arn="arn:f")
    event = await poll
    await runtime.close()

    assert (still, restored.status, event.body) == (True, 200, b'"go"')


async def test_a_restore_error_costs_the_environment(snapstart: RuntimeApi) -> None:
    """A hook that failed after the restore is why the environment is lost."""
    runtime = await RuntimeConnection.open(snapstart.address)
    waiting = asyncio.create_task(runtime.ask("GET", "/runtime/restore/next"))
    await snapstart.snapshot_taken()
    snapstart.restore()
    await waiting

    headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.AfterRestoreError"}
    answer = await runtime.ask("POST", "/runtime/restore/error", b'{"errorMessage": "hook"}', headers)
    await runtime.close()

    assert answer.status == 202
    assert snapstart.lost == InvocationError("Runtime.AfterRestoreError", {"errorMessage": "hook"})


async def test_closing_leaves_nothing_running(api: RuntimeApi, runtime: RuntimeConnection) -> None:
    """Tasks and sockets end with the server, a waiting poll included."""
    before = asyncio.all_tasks()
    poll = asyncio.create_task(runtime.next())
    await api.ready()

    await api.close()

    with pytest.raises(ConnectionError):
        await poll
    assert asyncio.all_tasks() <= before
