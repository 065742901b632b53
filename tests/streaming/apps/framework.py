"""A FastAPI app with what such apps have: a stream, a redirect, work after the response, dependencies, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict

from fastapi import BackgroundTasks, Cookie, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from sluice.streaming import Streaming
from tests.streaming.signals import tell, wait


class State(TypedDict):
    greeting: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    yield {"greeting": "hello"}


app = FastAPI(lifespan=lifespan)


@app.get("/tokens")
async def tokens(request: Request, background: BackgroundTasks) -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        for number in range(2):
            await wait(f"token {number}")
            yield f"data: {request.state.greeting} {number}\n\n"

    background.add_task(tell, "background task ran")
    return StreamingResponse(stream(), media_type="text/event-stream", background=background)


@app.get("/old")
async def old() -> RedirectResponse:
    return RedirectResponse("/new")


@app.get("/session")
async def session(response: Response, seen: str = Cookie("")) -> dict[str, str]:
    response.set_cookie("seen", "yes")
    response.set_cookie("theme", "dark")
    return {"seen": seen}


@app.get("/teapot")
async def teapot() -> None:
    raise HTTPException(418, "short and stout", headers={"x-handle": "here"})


@app.get("/broken")
async def broken() -> None:
    raise ValueError("a bug")


@app.get("/file")
async def file() -> FileResponse:
    return FileResponse(Path(__file__))


@app.post("/echo/{name}")
async def echo(name: str, request: Request) -> dict[str, object]:
    return {"name": name, "query": request.query_params.multi_items(), "body": (await request.body()).decode()}


handler = Streaming(app)
