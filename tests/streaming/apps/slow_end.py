"""An app that hangs at its end, and leaves a task behind in a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sluice.streaming import Streaming
from tests.streaming.signals import tell

tasks: list[asyncio.Task[None]] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await asyncio.Event().wait()


async def stray() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await tell("the stray task has cleaned up")


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def leave() -> None:
    tasks.append(asyncio.create_task(stray()))


handler = Streaming(app)
