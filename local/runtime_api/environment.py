"""The states of an execution environment, and which requests each of them allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from local.runtime_api.invocation import Invocation, InvocationError


class State(Enum):
    INITIALISING = auto()
    SNAPSHOT = auto()  # in /restore/next, until the restore
    RESTORING = auto()
    POLLING = auto()  # in /invocation/next, until an event comes
    RUNNING = auto()
    RESPONDING = auto()  # its streamed response is open
    RESPONDED = auto()
    LOST = auto()


class RuntimeApiError(Exception):
    """What is asked for is not possible now."""


class EnvironmentBusy(RuntimeApiError):
    """An execution environment takes one invocation at a time."""


class EnvironmentLost(RuntimeApiError):
    """The runtime of this environment is gone; start another one. `error` says why."""

    def __init__(self, error: InvocationError) -> None:
        super().__init__(error.type)
        self.error = error


class Refused(RuntimeApiError):
    """A request that the present state, or its own form, forbids."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"errorMessage": message, "errorType": error_type}


class Environment:
    """Where one execution environment stands, and the invocation that it has."""

    def __init__(self) -> None:
        self.state = State.INITIALISING
        self.current: Invocation | None = None
        self.lost: InvocationError | None = None
        self._change = asyncio.Event()

    def become(self, state: State) -> None:
        """Enter a state; a lost environment stays lost."""
        if self.state is not State.LOST:
            self.state = state
        self.notify()

    def notify(self) -> None:
        """Wake whoever waits in `until`."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._change.wait()

    def offer(self, invocation: Invocation) -> None:
        """Take an invocation for the runtime's next poll; raise `EnvironmentBusy` or `EnvironmentLost`."""
        if self.lost:
            raise EnvironmentLost(self.lost)
        if self.current and not self.current.ended:
            raise EnvironmentBusy(f"Invocation {self.current.request_id} has not ended.")
        self.current = invocation
        self.notify()

    def has_offer(self) -> bool:
        return self.current is not None and not self.current.ended

    def lose(self, error: InvocationError) -> None:
        """Give the environment up, and fail the invocation that it has; the first reason counts."""
        self.lost = self.lost or error
        self.become(State.LOST)
        if self.current:
            self.current.finish(error)

    def require(self, *states: State) -> None:
        if self.state not in states:
            message = f"State transition is not allowed: the environment is {self.state.name}."
            raise Refused(403, "InvalidStateTransition", message)

    def running(self, request_id: str) -> Invocation:
        """Return the invocation that an answer is for; raise `Refused` when there is none, or the id is another."""
        self.require(State.RUNNING)
        if self.current is None or self.current.request_id != request_id:
            raise Refused(400, "InvalidRequestID", "The request id is not that of the current invocation.")
        return self.current
