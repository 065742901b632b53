"""A request before the first one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from sluice.streaming import rehearse
from sluice.streaming.asgi import Receive, Scope, Send
from sluice.streaming.lifespan import Lifespan


def test_an_app_is_asked_for_a_path_that_it_does_not_have() -> None:
    """Once, as a whole request; its lifespan is not started, and its answer goes nowhere."""
    asked: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append((scope["type"], scope["path"]))
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"nothing here"})

    rehearse(app)

    assert asked == [("http", "/.rehearsal")]


async def test_a_rehearsed_app_works_as_ever() -> None:
    """It starts afterwards, on another loop, and answers."""
    started: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        started.append("once")
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def home() -> str:
        return "home"

    await asyncio.to_thread(rehearse, app)
    before = list(started)
    lifespan_of_app = Lifespan(app)
    await lifespan_of_app.startup()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = (await client.get("/")).json()
    await lifespan_of_app.shutdown()

    assert (before, started, answer) == ([], ["once"], "home")
