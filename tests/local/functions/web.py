"""A function behind a function URL whose paths do what a test needs."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sluice.streaming import Streaming


async def echo(request: Request) -> Response:
    """Say what arrived."""
    body = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "query": parse_qs(request.url.query),
            "cookies": request.cookies,
            "body": body.decode(),
            "pid": os.getpid(),
            "environment": {name: os.environ.get(name) for name in ("GREETING", "AWS_LAMBDA_FUNCTION_NAME")},
        }
    )


async def gated(request: Request) -> Response:
    """Send a word, then wait for a file to appear before the next one; mark the end in a file of its own."""
    folder = Path(request.query_params["folder"])

    async def words() -> AsyncIterator[bytes]:
        yield b"first "
        while not (folder / "go").exists():  # noqa: ASYNC110 - the file comes from another process
            await asyncio.sleep(0.01)
        yield b"second"
        (folder / "finished").touch()

    return StreamingResponse(words(), media_type="text/plain")


async def cookies(_: Request) -> Response:
    response = PlainTextResponse("baked", headers={"www-authenticate": "Bearer"})
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def stuck(_: Request) -> Response:
    """Never answer."""
    time.sleep(60)  # noqa: ASYNC251 - deaf to the runtime's own deadline, as code can be
    return Response()


async def stuck_later(_: Request) -> Response:
    """Begin to answer and never end."""

    async def words() -> AsyncIterator[bytes]:
        yield b"begun"
        await asyncio.sleep(0.1)  # lets the byte leave before everything stands still
        time.sleep(60)  # noqa: ASYNC251 - deaf to the runtime's own deadline, as code can be

    return StreamingResponse(words(), media_type="text/plain")


async def greedy(_: Request) -> Response:
    """Take more memory than the function has, and hold it."""
    hoard = bytearray(os.urandom(1024 * 1024) * 400)
    await asyncio.Event().wait()
    return Response(hoard)


async def leave(_: Request) -> Response:
    """End the process."""
    os._exit(7)


async def broken(_: Request) -> Response:
    raise ValueError("a bug in the app")


async def afterwards(request: Request) -> Response:
    """Answer, then write a file."""
    mark = Path(request.query_params["folder"]) / "afterwards"
    return PlainTextResponse("answered", background=BackgroundTask(mark.touch))


async def large(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


app = Starlette(
    routes=[
        Route("/gated", gated),
        Route("/cookies", cookies),
        Route("/stuck", stuck),
        Route("/stuck-later", stuck_later),
        Route("/greedy", greedy),
        Route("/leave", leave),
        Route("/afterwards", afterwards),
        Route("/broken", broken),
        Route("/large", large, methods=["POST"]),
        Route("/{path:path}", echo, methods=["GET", "POST"]),
    ]
)

handler = Streaming(app)


def buffered(event: dict[str, object], _context: object) -> dict[str, object]:
    """Answer as a function without streaming does."""
    return {
        "statusCode": 201,
        "headers": {"X-Kind": "buffered"},
        "cookies": ["a=1"],
        "body": json.dumps(event["rawPath"]),
    }
