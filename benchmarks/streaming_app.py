"""The app of the streaming benchmark, in plain ASGI, and its handlers. Each chunk carries the time when it was sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mangum import Mangum

from sluice.streaming import Streaming

Send = Callable[[dict[str, Any]], Awaitable[None]]
PADDING = b"." * 76
PIECE = b"x" * 65_536


def stamped() -> bytes:
    """Return a chunk of 100 bytes, about as long as an event with a token."""
    return b"T%019dE%b\n\n" % (time.perf_counter_ns(), PADDING)


async def app(scope: dict[str, Any], _receive: object, send: Send) -> None:
    """Answer `/latency/N`, `/chunks/N`, `/bulk/N` (pieces of 64 KiB) or `/json`."""
    assert scope["type"] == "http", "this app has no lifespan"
    _, kind, *number = scope["path"].split("/")
    content_type = b"application/json" if kind == "json" else b"text/event-stream"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type)]})
    for _ in range(int(number[0]) if number else 0):
        if kind == "latency":
            await asyncio.sleep(0.001)
        chunk = PIECE if kind == "bulk" else stamped()
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b'{"hello": "world"}' if kind == "json" else b""})


handler = Streaming(app)  # type: ignore[arg-type] # narrower than any ASGI app
buffered = Mangum(app, lifespan="off")  # type: ignore[arg-type] # as above
