"""Work that goes on beside what waits for it, or for which nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

# A loop holds its tasks weakly: what nobody waits for could be collected before its end.
_running: set[asyncio.Task[Any]] = set()


def begin(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    """Return the running work as a task; its failure is for whoever awaits it, and where nobody does, for nobody."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_end)
    return task


def _end(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()
