"""What is measured of answers, and of the work on documents."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sluice.domain import Caller, Document, DocumentStatus, Usage, uuid7
from sluice.errors import ModelUnavailable, SluiceError
from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    IngestEnded,
    IngestEvent,
    IngestProgress,
    StatusChanged,
    TextAdded,
)
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.measuring import Measured, MeasuredDocument, measure, measure_document
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser

READY = Document(uuid7(), "default", "s3://b/k", "k", DocumentStatus.READY, chunks=3, tokens=90, cost=0.01)
FAILED = replace(READY, status=DocumentStatus.FAILED, chunks=0)
CHANGED = replace(READY, status=DocumentStatus.PROCESSING)
WORK = IngestProgress("received", READY.id)
DONE = AnswerDone("stop", "m", Usage(10, 5), {"total": 9.0})


class Collected:
    """The `Metrics` as a list."""

    def __init__(self) -> None:
        self.answers: list[Measured] = []
        self.documents: list[MeasuredDocument] = []

    def add(self, measured: Measured) -> None:
        self.answers.append(measured)

    def add_document(self, measured: MeasuredDocument) -> None:
        self.documents.append(measured)


async def said(*events: AnswerEvent) -> AsyncGenerator[AnswerEvent, None]:
    for event in events:
        yield event


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            (StatusChanged("fallback", "m"), StatusChanged("unranked"), TextAdded("Krill."), DONE),
            Measured("stop", {"total": 9.0}, "m", Usage(10, 5), fell_back=True, unranked=True),
        ),
        ((StatusChanged("retrying", "m"), DONE), Measured("stop", {"total": 9.0}, "m", Usage(10, 5))),
        (
            (StatusChanged("fallback", "m"), AnswerFailed("model_error", "No.", retryable=False)),
            Measured("model_error", {"auth": 2.0}, fell_back=True, failed=True),
        ),
        ((TextAdded("Krill."),), None),
    ],
    ids=["detours", "ends", "fails", "is left"],
)
async def test_an_answer_is_measured_by_how_it_ended(
    events: tuple[AnswerEvent, ...], expected: Measured | None
) -> None:
    """Nothing that is said is lost on the way, measured or not."""
    collected = Collected()

    passed = [event async for event in measure(said(*events), collected, auth_ms=2.0)]
    unmeasured = [event async for event in measure(said(*events), None, auth_ms=2.0)]

    assert passed == unmeasured == [*events]
    assert collected.answers == ([expected] if expected else [])


async def told(*steps: IngestEvent | SluiceError) -> AsyncGenerator[IngestEvent, None]:
    for step in steps:
        if isinstance(step, SluiceError):
            raise step
        yield step


async def measured(*steps: IngestEvent | SluiceError, written_at: datetime | None = None) -> list[MeasuredDocument]:
    collected = Collected()
    passed: list[IngestEvent] = []
    with suppress(SluiceError):
        async for event in measure_document(told(*steps), collected, written_at=written_at):
            passed.append(event)  # noqa: PERF401 - an extended list would lose what came before an error
    assert passed == [step for step in steps if not isinstance(step, SluiceError)]
    return collected.documents


@pytest.mark.parametrize(
    ("steps", "outcomes"),
    [
        ((WORK, IngestEnded(READY)), ["ready"]),
        ((WORK, IngestEnded(FAILED)), ["failed"]),
        ((WORK, IngestEnded(CHANGED)), ["postponed"]),
        ((WORK, ModelUnavailable()), ["postponed"]),
        ((IngestEnded(READY),), []),
        ((ModelUnavailable(),), []),
    ],
)
async def test_work_is_measured_by_how_it_ended(
    steps: tuple[IngestEvent | SluiceError, ...], outcomes: list[str]
) -> None:
    """An event that found nothing to do is no work, and nothing that happens is lost on the way."""
    assert [it.outcome for it in await measured(*steps)] == outcomes


async def test_a_document_is_measured_with_what_it_took() -> None:
    """Chunks, tokens and cost are the document's; the wait counts from when the object was written."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)

    [it] = await measured(WORK, IngestEnded(READY), written_at=an_hour_ago)

    assert (it.chunks, it.tokens, it.cost) == (3, 90, 0.01)
    assert it.waited_ms is not None
    assert it.waited_ms >= 3_600_000
    assert 0 <= it.worked_ms < it.waited_ms


async def test_the_use_case_measures_its_work_once() -> None:
    """A document that is ready already is no work, however often its object is told of."""
    collected, objects, documents = Collected(), InMemoryObjects(), InMemoryDocuments()
    ingesting = Ingesting(
        objects=objects,
        passages=DocumentPassages(documents),
        tools=Tools(documents, ScriptedParser(), HashEmbedder()),
        sizes=Sizes(10_000, chunk_characters=20, chunk_overlap=0, embedding_batch=2, claim_seconds=60),
        metrics=collected,
    )
    ref = await objects.write("notes.txt", b"Whales eat krill.", content_type="text/plain")

    for _ in range(2):
        async for _event in ingesting.ingest(Caller("t"), ref):
            pass

    assert [(it.outcome, it.chunks) for it in collected.documents] == [("ready", 1)]
