"""The encoder of the answer's events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from functions.chat import sse
from sluice.events import AnswerEvent, TextAdded


async def test_a_silent_stream_sends_comments_until_something_happens() -> None:
    """Proxies that cut idle connections see life."""
    happen = asyncio.Event()

    async def events() -> AsyncGenerator[AnswerEvent, None]:
        await happen.wait()
        yield TextAdded("late")

    stream = sse.encode(events(), silence=0.001)
    silent = [await anext(stream), await anext(stream)]
    happen.set()
    rest = [piece async for piece in stream if not piece.startswith(b":")]

    assert silent == [b": waiting\n\n", b": waiting\n\n"]
    assert rest == [b'id: 1\ndata: {"type":"text","text":"late"}\n\n', b"data: [DONE]\n\n"]


async def test_a_reader_that_leaves_closes_the_events() -> None:
    """What produces the events is told at once, also while it waits."""
    closed = asyncio.Event()

    async def events() -> AsyncGenerator[AnswerEvent, None]:
        try:
            yield TextAdded("first")
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = sse.encode(events())
    await anext(stream)
    await stream.aclose()

    assert closed.is_set()
