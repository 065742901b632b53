"""Another embedding model, a step at a time; a step that needs longer than the function may run is begun again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from functions.migrate.requests import Embeddings
from sluice import bootstrap
from sluice.reembedding import Filled, Reembedding

# So long before the function's end a step is broken off.
MARGIN_SECONDS = 20.0


async def answer(request: Embeddings, seconds_left: float) -> Mapping[str, Any]:
    """Do the step, and return how things stand and whether it is done; where it is not, ask for it again."""
    async with bootstrap.reembedding() as reembedding:
        is_done = await _in_time(_step(reembedding, request), seconds_left - MARGIN_SECONDS)
        standing = asdict(await reembedding.standing())
    space = standing.pop("space")
    space.pop("known")
    return {"done": is_done, **space, **standing}


async def _step(reembedding: Reembedding, request: Embeddings) -> None:
    match request.step:
        case "migrate":
            await _through(reembedding.migrate(request.to))
        case "switch":
            await _through(reembedding.switch())
        case "rollback":
            await _through(reembedding.roll_back())
        case "index":
            await reembedding.index(request.of)
        case "drop":
            await reembedding.drop()


async def _through(progress: AsyncGenerator[Filled, None]) -> None:
    async with aclosing(progress):
        async for _ in progress:
            pass


async def _in_time(work: Awaitable[None], seconds: float) -> bool:
    """Whether the work came to its end; where the time is up, it goes on from there the next time."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True
