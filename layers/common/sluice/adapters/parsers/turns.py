"""Who reads when, so that all readers together take no more memory than one may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager


class Turns:
    """So many at once, first come first served, or one alone."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = asyncio.Semaphore(places)
        self._collecting = asyncio.Lock()

    @asynccontextmanager
    async def beside(self) -> AsyncGenerator[None, None]:
        """Take one of the places."""
        async with self._free:
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None, None]:
        """Take all places. One at a time collects them: two that hold some each would wait for each other forever."""
        async with AsyncExitStack() as taken:
            async with self._collecting:
                for _ in range(self.places):
                    await taken.enter_async_context(self._free)
            yield
