"""How Lambda scales a function: an idle environment is used again, another is started when all are busy."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from local.environment import Environment
from local.runtime_api import EnvironmentLost, Invocation, InvocationError
from local.template import Function

DEFAULT_LIMIT = 10
# How long a request waits for an environment that has answered and is about to ask for the next event. On AWS the way
# through the network takes longer than that; here a client's next request would start a process each time.
GRACE_SECONDS = 0.2


class Throttled(Exception):
    """As many environments as may run are busy."""


class Lambda:
    """A function with its environments, at most `limit` of them."""

    def __init__(self, function: Function, make: Callable[[], Environment], *, limit: int = DEFAULT_LIMIT) -> None:
        self.function = function
        self.limit = limit
        self._make = make
        self._idle: list[Environment] = []
        self._busy: dict[Environment, Invocation] = {}
        self._freed = asyncio.Event()
        self._all: set[Environment] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._log = logging.getLogger(f"local.{function.logical_id}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def environments(self) -> frozenset[Environment]:
        return frozenset(self._all)

    async def warm(self) -> None:
        """Start an environment ahead, so that the first request need not wait; raise `EnvironmentLost` if it fails."""
        self._idle.append(await self._start())

    async def invoke(self, event: bytes, *, trace_id: str = "") -> Invocation:
        """Give the event to an environment; the caller must read the answer to its end.

        Raises `Throttled` when all are busy, `EnvironmentLost` when a new one does not start.
        """
        environment = self._take_idle() or await self._take_finishing() or await self._start()
        invocation = await environment.begin(event, trace_id=trace_id)
        self._busy[environment] = invocation
        task = asyncio.create_task(self._run(environment, invocation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return invocation

    async def close(self) -> None:
        """End all environments; what they were doing fails."""
        self._closing = True
        await asyncio.gather(*(environment.stop() for environment in self._all), return_exceptions=True)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take_idle(self) -> Environment | None:
        """Return the environment that was used last, as Lambda prefers; drop those that died meanwhile."""
        while self._idle:
            environment = self._idle.pop()
            if not environment.lost:
                return environment
            self._discard(environment)
        return None

    async def _take_finishing(self) -> Environment | None:
        """Wait a moment for an environment that has only its last steps to do."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while any(invocation.ended for invocation in self._busy.values()):
                    self._freed.clear()
                    await self._freed.wait()
                    if environment := self._take_idle():
                        return environment
        return None

    async def _start(self) -> Environment:
        if self._closing:
            raise EnvironmentLost(InvocationError("Sandbox.Failure", {"errorMessage": "Sluice is stopping."}))
        if len(self._all) >= self.limit:
            raise Throttled(f"{self.function.logical_id} runs in {self.limit} environments already.")
        environment = self._make()
        self._all.add(environment)
        try:
            await environment.start()
        except BaseException:
            await environment.stop()
            self._all.discard(environment)
            raise
        return environment

    async def _run(self, environment: Environment, invocation: Invocation) -> None:
        await environment.run(invocation)
        del self._busy[environment]
        if environment.lost:
            await environment.stop()
            self._all.discard(environment)
            await self._replace()
        else:
            self._idle.append(environment)
        self._freed.set()

    async def _replace(self) -> None:
        """Start an environment in place of the last one, which died while it worked."""
        if not self._all and not self._closing:
            try:
                await self.warm()
            except EnvironmentLost as lost:
                self._log.error("No environment starts: %s", describe(lost.error))

    def _discard(self, environment: Environment) -> None:
        self._all.discard(environment)
        task = asyncio.create_task(environment.stop())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def describe(error: InvocationError) -> str:
    """Return an error in one line, as a log shows it."""
    payload = error.payload
    message = payload.get("errorMessage", "") if isinstance(payload, dict) else payload or ""
    return f"{error.type}: {message}" if message else error.type
