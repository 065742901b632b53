"""The frames of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from sluice.sse import Payload, encode


async def test_events_are_numbered_and_end_with_done() -> None:
    """The simplest reader takes each `data:` line until `[DONE]`."""

    async def payloads() -> AsyncGenerator[Payload, None]:
        yield {"type": "a", "text": "line\nbreak ü"}
        yield {"type": "b"}

    assert b"".join([piece async for piece in encode(payloads())]).decode() == (
        'id: 1\ndata: {"type":"a","text":"line\\nbreak ü"}\n\nid: 2\ndata: {"type":"b"}\n\ndata: [DONE]\n\n'
    )


async def test_silence_is_broken_by_comments() -> None:
    """Proxies that cut idle connections see life, and the event that comes later is not lost."""
    happen = asyncio.Event()

    async def payloads() -> AsyncGenerator[Payload, None]:
        await happen.wait()
        yield {"type": "late"}

    stream = encode(payloads(), silence=0.001)
    silent = [await anext(stream), await anext(stream)]
    happen.set()
    rest = [piece async for piece in stream if not piece.startswith(b":")]

    assert silent == [b": waiting\n\n", b": waiting\n\n"]
    assert rest == [b'id: 1\ndata: {"type":"late"}\n\n', b"data: [DONE]\n\n"]


async def test_a_reader_that_leaves_closes_the_events() -> None:
    """What produces the events is told at once, also while it waits."""
    closed = asyncio.Event()

    async def payloads() -> AsyncGenerator[Payload, None]:
        try:
            yield {"type": "first"}
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = encode(payloads(), silence=0.001)
    first, silent = await anext(stream), await anext(stream)

    await stream.aclose()

    assert (first, silent) == (b'id: 1\ndata: {"type":"first"}\n\n', b": waiting\n\n")
    assert closed.is_set()
