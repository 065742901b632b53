"""Events go out and answers come in as the Runtime API's pages say."""

from __future__ import annotations

import asyncio
import base64
import json

from local.runtime_api import Head, InvocationError, RuntimeApi
from tests.runtime_api.client import RuntimeConnection
from tests.runtime_api.conftest import Invoke


async def test_next_hands_out_the_event_with_the_headers_of_its_invocation(
    api: RuntimeApi, runtime: RuntimeConnection
) -> None:
    """The runtime gets the event's bytes unchanged and every header of the invocation."""
    await api.invoke(
        b'{"a": 1}', request_id="r1", deadline_ms=7, function_arn="arn:f", trace_id="Root=1", invocation_id="i1"
    )

    answer = await runtime.next()

    assert (answer.status, answer.body, dict(answer.headers)) == (
        200,
        b'{"a": 1}',
        {
            "content-type": "application/json",
            "content-length": "8",
            "lambda-runtime-aws-request-id": "r1",
            "lambda-runtime-deadline-ms": "7",
            "lambda-runtime-invoked-function-arn": "arn:f",
            "lambda-runtime-trace-id": "Root=1",
            "lambda-runtime-invocation-id": "i1",
        },
    )


async def test_next_waits_for_an_event(api: RuntimeApi, runtime: RuntimeConnection, invoke: Invoke) -> None:
    """A poll that came before its event is answered as soon as there is one."""
    poll = asyncio.create_task(runtime.next())
    await api.ready()
    polling = not poll.done()

    await invoke(b'"late"')

    assert (polling, (await poll).body) == (True, b'"late"')


async def test_a_buffered_answer_arrives_whole(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """Without a response mode the answer is buffered; its content type is told."""
    invocation = await invoke()
    await runtime.next()

    answer = await runtime.respond("r1", b'{"ok": true}', {"content-type": "application/json"})

    head = await invocation.head()
    assert (answer.status, head.mode, head.content_type) == (202, "buffered", "application/json")
    assert (await invocation.read(), invocation.error) == (b'{"ok": true}', None)


async def test_a_streamed_chunk_is_there_before_the_next_one_is_posted(
    runtime: RuntimeConnection, invoke: Invoke
) -> None:
    """Each chunk is read before the next one exists, so none of them can have waited for it."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1", {"content-type": "text/plain"})
    head = await invocation.head()
    body = invocation.body()

    seen = []
    for chunk in (b"one", b"two", b"three"):
        await runtime.send(chunk)
        seen.append(await anext(body))
    answer = await runtime.end()

    assert (head.mode, head.content_type, seen) == ("streaming", "text/plain", [b"one", b"two", b"three"])
    assert (answer.status, [rest async for rest in body], invocation.error) == (202, [], None)


async def test_error_trailers_become_the_error_of_the_invocation(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """What was streamed stands, and the decoded error object comes after it."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    await runtime.send(b"half an ans")
    payload = {"errorType": "ValueError", "errorMessage": "no"}

    await runtime.end(
        {
            "Lambda-Runtime-Function-Error-Type": "Function.ValueError",
            "Lambda-Runtime-Function-Error-Body": base64.b64encode(json.dumps(payload).encode()).decode(),
        }
    )

    assert await invocation.read() == b"half an ans"
    assert invocation.error == InvocationError("Function.ValueError", payload)


async def test_an_error_request_fails_the_invocation(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """An error type of the wrong form is replaced, the payload is kept."""
    invocation = await invoke()
    await runtime.next()

    answer = await runtime.ask(
        "POST",
        "/runtime/invocation/r1/error",
        b'{"errorMessage": "x"}',
        {"Lambda-Runtime-Function-Error-Type": "ValueError"},
    )

    assert (answer.status, (await invocation.head()).mode, await invocation.read()) == (202, "error", b"")
    assert invocation.error == InvocationError("Runtime.Unknown", {"errorMessage": "x"})


async def test_a_buffered_answer_over_the_limit_is_refused(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """6 MiB and 100 bytes pass; one byte more is a 413 to the runtime and an error to the caller."""
    fits = await invoke()
    await runtime.next()
    accepted = await runtime.respond("r1", b"x" * 6_291_556)
    too_large = await invoke()
    await runtime.next()

    refused = await runtime.respond("r2", b"x" * 6_291_557)

    assert (accepted.status, len(await fits.read())) == (202, 6_291_556)
    assert (refused.status, refused.error_type) == (413, "RequestEntityTooLarge")
    assert (await too_large.head(), too_large.error) == (
        Head("error"),
        InvocationError("Function.ResponseSizeTooLarge"),
    )


async def test_a_streamed_answer_is_cut_off_at_the_limit() -> None:
    """What fits is delivered; the runtime gets a 413 before it has sent the rest, and may ask for the next event."""
    async with RuntimeApi(streamed_limit=10) as api:
        runtime = await RuntimeConnection.open(api.address)
        fits = await api.invoke(b"{}", request_id="r1", deadline_ms=1, function_arn="arn:f")
        await runtime.next()
        await runtime.begin_stream("r1")
        await runtime.send(b"x" * 10)
        accepted = await runtime.end()
        too_large = await api.invoke(b"{}", request_id="r2", deadline_ms=1, function_arn="arn:f")
        reading = asyncio.create_task(too_large.read())
        await runtime.next()
        await runtime.begin_stream("r2")
        await runtime.send(b"12345678")
        await runtime.send(b"9ABC")
        refused = await runtime.answer()
        polling = await RuntimeConnection.open(api.address)
        await api.invoke(b"{}", request_id="r3", deadline_ms=1, function_arn="arn:f")
        again = await polling.next()
        await runtime.close()
        await polling.close()

    assert (accepted.status, await fits.read(), fits.error) == (202, b"x" * 10, None)
    assert (refused.status, refused.error_type) == (413, "RequestEntityTooLarge")
    assert (await reading, too_large.error) == (b"123456789A", InvocationError("Function.ResponseSizeTooLarge"))
    assert again.status == 200


async def test_a_reader_that_pauses_stops_the_runtime(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """The socket fills up and stays full until somebody reads; then everything arrives."""
    invocation = await invoke()
    await runtime.next()
    await runtime.begin_stream("r1")
    total, sent = 64 * 1024 * 1024, 0

    async def post() -> None:
        nonlocal sent
        while sent < total:
            await runtime.send(bytes(1024 * 1024))
            sent += 1024 * 1024
        await runtime.end()

    posting = asyncio.create_task(post())
    body = invocation.body()
    received = len(await anext(body))
    done, _ = await asyncio.wait({posting}, timeout=0.5)
    sent_while_paused = sent
    async for chunk in body:
        received += len(chunk)
    await posting

    assert (done, received) == (set(), total)
    assert sent_while_paused < total // 2


async def test_one_connection_serves_many_invocations(runtime: RuntimeConnection, invoke: Invoke) -> None:
    """A runtime may keep its connection for polls and answers alike."""
    answers = []
    for n in range(1, 6):
        invocation = await invoke(str(n).encode())
        event = await runtime.next()
        await runtime.respond(f"r{n}", event.body * 2)
        answers.append(await invocation.read())

    assert answers == [b"11", b"22", b"33", b"44", b"55"]
