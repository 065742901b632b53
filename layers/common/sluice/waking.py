"""Patience with a database that is starting: it resumes within seconds, and a person waits rather than asks again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sluice.errors import DatabaseWaking

Result = TypeVar("Result")

PAUSE_SECONDS = 0.25


class Waking:
    """Waits for a database that is starting, `limit` seconds at most.

    `noticed` is set once there is something to tell: a call was turned away, or takes longer than `notice` seconds, as
    one does whose connection hangs.
    """

    def __init__(self, *, limit: float, notice: float = 60.0) -> None:
        self._limit = limit
        self._notice = notice
        self.noticed = asyncio.Event()

    async def query(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Wait for a call of the database and of nothing else: that it takes long is then worth a notice."""
        notice = asyncio.get_running_loop().call_later(self._notice, self.noticed.set)
        try:
            return await self.wait(call)
        finally:
            notice.cancel()

    async def wait(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Return what `call` returns, calling it anew while it raises `DatabaseWaking`."""
        deadline = time.monotonic() + self._limit
        while True:
            try:
                return await call()
            except DatabaseWaking:
                self.noticed.set()
                if time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
