"""Another embedding model, a step at a time; a step that needs longer than the function may run is begun again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
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
        if request.step == "drop":
            await reembedding.drop()
        is_done = await _in_time(_steps(reembedding, request), seconds_left - MARGIN_SECONDS)
        standing = asdict(await reembedding.standing())
    space = standing.pop("space")
    space.pop("known")
    return {"done": is_done, **space, **standing}


def _steps(reembedding: Reembedding, request: Embeddings) -> AsyncGenerator[Filled, None]:
    match request.step:
        case "migrate":
            return reembedding.migrate(request.to)
        case "switch":
            return reembedding.switch()
        case "rollback":
            return reembedding.roll_back()
        case "index":
            return _index(reembedding, request.of)
    return _nothing()


async def _index(reembedding: Reembedding, held: str) -> AsyncGenerator[Filled, None]:
    await reembedding.index(held)
    return
    yield


async def _nothing() -> AsyncGenerator[Filled, None]:
    return
    yield


async def _in_time(steps: AsyncGenerator[Filled, None], seconds: float) -> bool:
    """Whether the steps came to their end; where the time is up, they go on from there the next time."""
    try:
        async with asyncio.timeout(seconds), aclosing(steps):
            async for _ in steps:
                pass
    except TimeoutError:
        return False
    return True
