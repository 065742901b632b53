"""Patience with a database that is starting: it resumes within seconds, and a person waits rather than asks again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sluice.errors import DatabaseWaking

Result = TypeVar("Result")

PAUSE_SECONDS = 0.25


async def until_awake(call: Callable[[], Awaitable[Result]], *, seconds: float) -> Result:
    """Return what `call` returns, calling it anew while it raises `DatabaseWaking`, for `seconds` at most."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await call()
        except DatabaseWaking:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
