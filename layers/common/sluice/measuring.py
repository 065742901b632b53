"""What is measured of each answer: its stages, its tokens, its cost, how it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from sluice.domain import Usage
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, StatusChanged


@dataclass(frozen=True, slots=True)
class Measured:
    """One answer: how it ended, milliseconds from the request to each stage, and what it took.

    `auth` is a time of its own; the others of `timing` are explained with `AnswerDone`.
    """

    outcome: str
    timing: dict[str, float]
    model: str = ""
    usage: Usage = Usage()  # noqa: RUF009 - frozen
    fell_back: bool = False


class Metrics(Protocol):
    """Where measurements go."""

    def add(self, measured: Measured) -> None:
        """Take in one answer; never fails and never waits."""
        ...


async def measure(
    events: AsyncGenerator[AnswerEvent, None], metrics: Metrics | None, *, auth_ms: float
) -> AsyncGenerator[AnswerEvent, None]:
    """Pass the events on, the last with the time that signing in took, and measure the answer. Closing closes them."""
    fell_back = False
    async with aclosing(events):
        async for event in events:
            match event:
                case StatusChanged(state="fallback"):
                    fell_back = True
                    yield event
                case AnswerDone(finish_reason, model, usage, timing):
                    whole = {"auth": auth_ms, **timing}
                    if metrics:
                        metrics.add(Measured(finish_reason, whole, model, usage, fell_back))
                    yield replace(event, timing=whole)
                case AnswerFailed(code):
                    if metrics:
                        metrics.add(Measured(code, {"auth": auth_ms}, fell_back=fell_back))
                    yield event
                case _:
                    yield event
