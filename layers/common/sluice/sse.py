"""Server-sent events: JSON objects as `data:` lines that end with `[DONE]`, and a sign of life in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson

MEDIA_TYPE = "text/event-stream"
# Nothing between the function and the reader may keep, squeeze or hold back what streams.
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
SILENCE_SECONDS = 15.0

Payload = Mapping[str, Any]

_END = b"data: [DONE]\n\n"
_COMMENT = b": waiting\n\n"


async def encode(
    payloads: AsyncGenerator[Payload, None], *, silence: float = SILENCE_SECONDS, after: int = 0
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of the stream, each event with its number as id; a comment whenever nothing flowed for `silence`.

    The numbers go on from `after`, the last that the client has. Closing it closes `payloads`.

    Format: WHATWG HTML, section 9.2, "Server-sent events".
    """
    number = after
    upcoming = _next(payloads)
    try:
        while True:
            done, _ = await asyncio.wait([upcoming], timeout=silence)
            if not done:
                yield _COMMENT
                continue
            payload = upcoming.result()
            if payload is None:
                break
            number += 1
            yield b"id: %d\ndata: %b\n\n" % (number, orjson.dumps(payload))
            upcoming = _next(payloads)
        yield _END
    finally:
        upcoming.cancel()
        await asyncio.wait([upcoming])
        await payloads.aclose()


def _next(payloads: AsyncGenerator[Payload, None]) -> asyncio.Task[Payload | None]:
    """Start waiting for the next one; None is the end. A task, since a timed-out await would break the generator."""

    async def upcoming() -> Payload | None:
        return await anext(payloads, None)

    return asyncio.create_task(upcoming())
