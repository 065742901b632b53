"""The answer's events as server-sent events: each a `data:` line with JSON that has a `type`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

import orjson

from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    AnswerStarted,
    SourceCited,
    SourcesFound,
    TextAdded,
)

MEDIA_TYPE = "text/event-stream"
# Nothing between the function and the reader may keep, squeeze or hold back what streams.
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
SILENCE_SECONDS = 15.0

_END = b"data: [DONE]\n\n"
_COMMENT = b": waiting\n\n"


async def encode(
    events: AsyncGenerator[AnswerEvent, None], *, silence: float = SILENCE_SECONDS
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of the stream, with a comment whenever nothing flowed for `silence` seconds."""
    number = 0
    try:
        upcoming = _next(events)
        while True:
            done, _ = await asyncio.wait([upcoming], timeout=silence)
            if not done:
                yield _COMMENT
                continue
            event = upcoming.result()
            if event is None:
                break
            number += 1
            yield b"id: %d\ndata: %b\n\n" % (number, orjson.dumps(_payload(event)))
            upcoming = _next(events)
        yield _END
    finally:
        upcoming.cancel()
        await asyncio.wait([upcoming])
        await events.aclose()


def _next(events: AsyncGenerator[AnswerEvent, None]) -> asyncio.Task[AnswerEvent | None]:
    """Start waiting for the next event; None is the end. A task, since a timed-out await would break the generator."""

    async def upcoming() -> AnswerEvent | None:
        return await anext(events, None)

    return asyncio.create_task(upcoming())


def _payload(event: AnswerEvent) -> dict[str, Any]:
    match event:
        case AnswerStarted(conversation_id, message_id):
            return {"type": "start", "conversation_id": conversation_id, "message_id": message_id}
        case SourcesFound(sources):
            return {"type": "sources", "sources": sources}
        case TextAdded(text):
            return {"type": "text", "text": text}
        case SourceCited(source):
            return {"type": "citation", **asdict(source)}
        case AnswerFailed(code, message, retryable):
            return {"type": "error", "code": code, "message": message, "retryable": retryable}
        case AnswerDone(finish_reason, model, usage, timing):
            return {
                "type": "done",
                "finish_reason": finish_reason,
                "model": model,
                "usage": usage,
                "timing": timing,
            }
