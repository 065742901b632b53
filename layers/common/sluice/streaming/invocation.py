"""The invocation that is being served, reachable from anywhere in the request."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Protocol

from sluice.streaming import lambda_environment


class LambdaContext(Protocol):
    """What this package uses of the context object that Lambda gives to a handler."""

    aws_request_id: str
    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation. `deadline_ms` is in milliseconds since the epoch: then Lambda kills the environment."""

    request_id: str
    deadline_ms: int
    function_arn: str
    trace_id: str

    @classmethod
    def of(cls, context: LambdaContext) -> Invocation:
        return cls(
            request_id=context.aws_request_id,
            deadline_ms=round(time.time() * 1000) + context.get_remaining_time_in_millis(),
            function_arn=context.invoked_function_arn,
            trace_id=lambda_environment.trace_id(),
        )

    def as_dict(self) -> dict[str, str | int]:
        """Return it in the form of an ASGI extension."""
        return asdict(self)

    @property
    def remaining_seconds(self) -> float:
        return self.deadline_ms / 1000 - time.time()


_current: ContextVar[Invocation] = ContextVar("invocation")


def current_invocation() -> Invocation:
    """Return the invocation being served; raise `LookupError` outside of one, as at start-up or under uvicorn."""
    return _current.get()


def enter(invocation: Invocation) -> None:
    """Make this the current invocation of the running task, and of all tasks that it starts."""
    _current.set(invocation)
