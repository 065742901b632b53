"""A Runtime API that refuses a streamed answer, or speaks no HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from sluice.streaming.errors import ClientGone
from sluice.streaming.wire import StreamedPost
from tests.streaming.environment import ROOT, WRAPPER, function_url_event

HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": "r1",
    "Lambda-Runtime-Invoked-Function-Arn": "arn",
    "Lambda-Runtime-Trace-Id": "Root=1",
}


@pytest.fixture
async def refusing() -> AsyncIterator[Callable[[bytes], Awaitable[StreamedPost]]]:
    """Return a post to a server that answers the first byte so, and reads no more."""
    async with AsyncExitStack() as ends:

        async def post(answer: bytes) -> StreamedPost:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                ends.callback(writer.close)
                await reader.read(1)
                writer.write(answer)
                await writer.drain()

            server = await ends.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
            host, port = server.sockets[0].getsockname()
            return StreamedPost(f"{host}:{port}", "r1", None)

        yield post


@pytest.mark.parametrize("status", [400, 403, 410, 413, 500])
async def test_a_refusal_stops_the_answer(status: int, refusing: Callable[[bytes], Awaitable[StreamedPost]]) -> None:
    """At once, although the connection stays open and nobody reads."""
    post = await refusing(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
    gone = asyncio.Event()
    post.on_gone = gone.set

    await post.open("text/plain", b"begin")
    await post.send(b"")
    await gone.wait()

    assert post.status == status
    with pytest.raises(ClientGone):
        await post.send(b"more")
    await post.close()


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"HTTP/1.1 two-o-two\r\n\r\n", b"x" * 100_000])
async def test_an_answer_that_is_no_http_stops_it_too(
    answer: bytes, refusing: Callable[[bytes], Awaitable[StreamedPost]]
) -> None:
    """It is as good as none."""
    post = await refusing(answer)
    gone = asyncio.Event()
    post.on_gone = gone.set

    await post.open("text/plain", b"begin")
    await post.send(b"")
    await gone.wait()

    assert post.status == 0
    await post.close()


async def test_an_api_that_is_broken_ends_the_process() -> None:
    """Status 500 is Lambda's word for an environment that can't go on; another event is not asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[0])
        first = asked == ["GET"]
        event = json.dumps(function_url_event()) if first else ""
        deadline = round((time.time() + 60) * 1000)
        fields = {**HEADERS, "Lambda-Runtime-Deadline-Ms": deadline, "Content-Length": len(event)}
        head = [f"HTTP/1.1 {200 if first else 500} -", *(f"{name}: {value}" for name, value in fields.items())]
        writer.write("\r\n".join([*head, "", event]).encode())
        await writer.drain()
        ends.callback(writer.close)

    async with (
        asyncio.timeout(30),
        AsyncExitStack() as ends,
        await asyncio.start_server(serve, "127.0.0.1", 0) as server,
    ):
        address = "{}:{}".format(*server.sockets[0].getsockname())
        variables = {"_HANDLER": "tests.streaming.apps.no_lifespan.handler", "LAMBDA_TASK_ROOT": str(ROOT)}
        environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": address, **variables}
        process = await asyncio.create_subprocess_exec(WRAPPER, sys.executable, "bootstrap.py", env=environment)
        code = await process.wait()

    assert (code, asked) == (1, ["GET", "POST"])


async def test_an_api_that_is_not_there_is_a_client_that_is_gone() -> None:
    """The app gets an OSError, as of any broken connection."""
    with pytest.raises(ClientGone, match="can't be reached"):
        await StreamedPost("127.0.0.1:1", "r1", None).open("text/plain", b"begin")
