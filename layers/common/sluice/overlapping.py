"""Work that goes on beside other work, in the order in which it began."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")

TURNS = 3
"""Of the event loop: what begins is a task, and so, before Python 3.12, is a request that its HTTP client writes."""


class Overlap(Generic[T]):
    """Up to `most` pieces of work at once. After an error what has begun ends first; cancelled, it is cancelled."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begun: deque[asyncio.Task[T]] = deque()

    @property
    def is_full(self) -> bool:
        return len(self._begun) >= self._most

    @property
    def is_busy(self) -> bool:
        return bool(self._begun)

    def begin(self, work: Coroutine[Any, Any, T]) -> None:
        self._begun.append(asyncio.create_task(work))

    async def oldest(self) -> T:
        """Wait for what began first; return what it returns and raise what it raises."""
        result = await self._begun[0]
        self._begun.popleft()
        return result

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            for task in self._begun:
                task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)


class Ahead(Generic[T]):
    """The items of a generator that is under way to the first of them when the block begins; it is closed with it."""

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._items = items
        self._first = asyncio.ensure_future(anext(items))
        self._is_fresh = True

    async def __aenter__(self) -> Self:
        await give_way()
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        is_fresh, self._is_fresh = self._is_fresh, False
        return await (self._first if is_fresh else anext(self._items))

    async def __aexit__(self, *_: object) -> None:
        self._first.cancel()
        await asyncio.gather(self._first, return_exceptions=True)
        await self._items.aclose()


async def give_way() -> None:
    """Let what began before this get as far as it does without waiting for anything, such as to send a request."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Do something that may not be needed; at the end of the block it is dropped, and so is its failure."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
