"""An app whose first start fails, as when its database still sleeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sluice.streaming import Streaming

attempts = 0


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    global attempts  # noqa: PLW0603 - counts for the whole process, as the test wants to know
    attempts += 1
    if attempts <= 2:
        raise ConnectionError(f"attempt {attempts}: the database sleeps")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def count() -> int:
    return attempts


handler = Streaming(app)
