"""What is measured of each answer and of each document: its stages, its tokens, its cost, how it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Literal, Protocol

from sluice.domain import Document, DocumentStatus, Usage
from sluice.errors import SluiceError
from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    IngestEnded,
    IngestEvent,
    IngestProgress,
    StatusChanged,
)

Outcome = Literal["ready", "failed", "postponed"]
_OUTCOMES: dict[DocumentStatus, Outcome] = {DocumentStatus.READY: "ready", DocumentStatus.FAILED: "failed"}


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
    failed: bool = False
    unranked: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredDocument:
    """One spell of work on a document: how it ended, milliseconds of work, and what embedding took.

    `postponed` is what goes on or comes again later. `waited_ms` is the time from the object's arrival in the bucket to
    the end, missing where nobody said when it arrived.
    """

    outcome: Outcome
    worked_ms: float
    waited_ms: float | None = None
    chunks: int = 0
    tokens: int = 0
    cost: float = 0.0


class Metrics(Protocol):
    """Where measurements go; taking one in never fails and never waits."""

    def add(self, measured: Measured) -> None:
        """Take in one answer."""
        ...

    def add_document(self, measured: MeasuredDocument) -> None:
        """Take in one spell of work on a document."""
        ...


async def measure(
    events: AsyncGenerator[AnswerEvent, None], metrics: Metrics | None, *, auth_ms: float
) -> AsyncGenerator[AnswerEvent, None]:
    """Pass the events on and measure the answer, which took `auth_ms` before it could fail. Closing closes them."""
    fell_back = unranked = False
    async with aclosing(events):
        async for event in events:
            match event:
                case StatusChanged(state="fallback"):
                    fell_back = True
                case StatusChanged(state="unranked"):
                    unranked = True
                case AnswerDone(finish_reason, model, usage, timing) if metrics:
                    metrics.add(Measured(finish_reason, dict(timing), model, usage, fell_back, unranked=unranked))
                case AnswerFailed(code) if metrics:
                    metrics.add(Measured(code, {"auth": auth_ms}, fell_back=fell_back, failed=True))
            yield event


async def measure_document(
    events: AsyncGenerator[IngestEvent, None], metrics: Metrics, *, written_at: datetime | None
) -> AsyncGenerator[IngestEvent, None]:
    """Pass the events on, and measure the work on the document if there was any. Closing closes them."""
    began, worked = monotonic(), False
    async with aclosing(events):
        try:
            async for event in events:
                worked = worked or isinstance(event, IngestProgress)
                if worked and isinstance(event, IngestEnded):
                    metrics.add_document(_measured(event.document, _since(began), written_at))
                yield event
        except SluiceError:
            if worked:
                metrics.add_document(MeasuredDocument("postponed", _since(began)))
            raise


def _measured(document: Document, worked_ms: float, written_at: datetime | None) -> MeasuredDocument:
    waited = (datetime.now(UTC) - written_at).total_seconds() * 1000 if written_at else None
    outcome = _OUTCOMES.get(document.status, "postponed")
    return MeasuredDocument(outcome, worked_ms, waited, document.chunks, document.tokens, document.cost)


def _since(began: float) -> float:
    return (monotonic() - began) * 1000
