"""What lives as long as the execution environment: one event loop, and the lifespans of the apps on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from functools import cache, cached_property
from typing import Any, TypeVar

from sluice.streaming.errors import StartupFailed
from sluice.streaming.lifespan import Lifespan

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# Lambda grants two seconds between SIGTERM and SIGKILL, and a request that is broken off takes some of them.
SHUTDOWN_SECONDS = 1.0


class ExecutionEnvironment:
    """Runs every invocation of this process on the same loop, so that pools and clients survive between them.

    The loop stands still between invocations, as the whole process does in Lambda.
    """

    def __init__(self) -> None:
        self._work: asyncio.Task[Any] | None = None
        self._terminated = False
        self._lifespans: list[Lifespan] = []

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """Made when it is first needed: an app that runs under another server never does."""
        return asyncio.new_event_loop()

    def add(self, lifespan: Lifespan) -> None:
        self._lifespans.append(lifespan)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end and return the result; raise `SystemExit` when the process was told to end meanwhile."""
        self._work = task = self._loop.create_task(work)
        try:
            return self._loop.run_until_complete(task)
        finally:
            if self._terminated:
                raise SystemExit(0)

    def terminate(self, *_: object) -> None:
        """Handle SIGTERM: cancel the work in hand, which then ends in good order; without any, end at once."""
        self._terminated = True
        if self._loop.is_running() and self._work:
            self._loop.call_soon_threadsafe(self._work.cancel)
        else:
            raise SystemExit(0)

    def startup(self) -> None:
        """Start all apps ahead of the first invocation; one that fails is tried again by its next request."""
        for lifespan in self._lifespans:
            try:
                self.run(lifespan.startup())
            except StartupFailed:
                logger.exception("The app did not start; its next request tries again.")

    def shutdown(self) -> None:
        """End what still runs: stray tasks first, then the apps, and at last the loop."""
        try:
            self._loop.run_until_complete(self._end())
        except TimeoutError:
            logger.warning("The app did not shut down within %s seconds.", SHUTDOWN_SECONDS)
        finally:
            self._loop.close()

    async def _end(self) -> None:
        this, lifespans = asyncio.current_task(), {lifespan.task for lifespan in self._lifespans}
        async with asyncio.timeout(SHUTDOWN_SECONDS):
            await _cancel(asyncio.all_tasks() - lifespans - {this})
            for lifespan in self._lifespans:
                await lifespan.shutdown()
            await _cancel(asyncio.all_tasks() - {this})
            await self._loop.shutdown_asyncgens()


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@cache
def execution_environment() -> ExecutionEnvironment:
    """Return the one of this process."""
    return ExecutionEnvironment()
