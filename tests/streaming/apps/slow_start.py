"""An app that hangs in its first two starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sluice.streaming import Streaming

attempts: list[str] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    attempt = len(attempts)
    attempts.append("hangs")
    try:
        if attempt < 2:
            await asyncio.Event().wait()
    finally:
        attempts[attempt] = "ended"
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def show() -> list[str]:
    return attempts


handler = Streaming(app)
