"""When do ten chunks arrive that an app sends 200 ms apart, through the function URL of this machine?

The way is that of `make run`: HTTP, the function URL, a Runtime API, the exec wrapper, the app in its own process.

    python -m benchmarks.arrival
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from local.concurrency import Lambda
from local.environment import Environment
from local.function_url import FunctionUrl
from local.http_server import HttpServer, bind
from local.template import Place, read
from sluice.streaming import Streaming

ROOT = Path(__file__).resolve().parents[1]
CHUNKS, INTERVAL = 10, 0.2


async def tick(_: Request) -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        for number in range(CHUNKS):
            yield f"chunk {number}\n"
            await asyncio.sleep(INTERVAL)

    return StreamingResponse(chunks(), media_type="text/plain")


handler = Streaming(Starlette(routes=[Route("/", tick)]))


async def run() -> list[tuple[str, float]]:
    """Return each piece of the body, and the milliseconds from the first one to it."""
    wrapped = read(ROOT / "template.yaml", Place()).functions["ChatFunction"]
    function = replace(wrapped, handler="benchmarks.arrival.handler")
    variables = {"PATH": os.environ["PATH"], "AWS_LAMBDA_EXEC_WRAPPER": "/opt/sluice-runtime"}
    async with Lambda(function, lambda: Environment(function, ROOT, variables), limit=1) as running:
        server = HttpServer(FunctionUrl(running, "RESPONSE_STREAM"), bind(0))
        await server.start()
        async with httpx.AsyncClient() as client, client.stream("GET", f"http://127.0.0.1:{server.port}/") as answer:
            arrived = [(text, time.perf_counter()) async for text in answer.aiter_text()]
        await server.stop()
    return [(text.strip(), 1000 * (when - arrived[0][1])) for text, when in arrived]


def main() -> None:
    for text, milliseconds in asyncio.run(run()):
        print(f"{milliseconds:7.1f} ms  {text}")


if __name__ == "__main__":
    main()
