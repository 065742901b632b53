"""Work that goes on beside what waits for it, or for which nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def begin(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    """Return the running work as a task; its failure is for whoever awaits it, and where nobody does, for nobody."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
