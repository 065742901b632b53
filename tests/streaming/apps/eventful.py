"""An app that takes events beside requests."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI

from sluice.streaming import Streaming, current_invocation

app = FastAPI()


@app.get("/")
async def greet() -> dict[str, str]:
    return {"hello": "web"}


async def handle(event: dict[str, Any], context: Any) -> object:
    if event.get("fail"):
        raise ValueError("a bad event")
    if event.get("hang"):
        await asyncio.Event().wait()
    if event.get("own timeout"):
        raise TimeoutError("the upstream's")
    return {
        "event": event,
        "context": context.aws_request_id,
        "current": current_invocation().request_id,
    }


handler = Streaming(app, events=handle)
