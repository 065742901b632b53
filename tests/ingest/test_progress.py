"""An upload's stream follows the work, whichever environment does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from functions.ingest.progress import follow
from sluice.domain import Caller, Claim, DocumentStatus, ObjectRef
from sluice.errors import DocumentUnfinished
from sluice.events import IngestEnded, IngestEvent, IngestProgress
from tests.ingest.conftest import Function

CALLER = Caller()
STEPS = ["received", "parsed", "chunked", "embedded", "stored"]


async def claimed_elsewhere(function: Function) -> tuple[ObjectRef, Claim]:
    ref = await function.objects.write("a.txt", b"Some text.")
    claim = await function.documents.claim(CALLER, ref, lease_seconds=60)
    assert claim
    return ref, claim


async def followed(function: Function, ref: ObjectRef, meanwhile: Callable[[], Awaitable[object]]) -> list[IngestEvent]:
    """Follow the object, and let the other environment do something once the follower waits."""

    async def collect() -> list[IngestEvent]:
        events = follow(function.ingesting, function.documents, CALLER, ref, poll_seconds=0.001)
        return [event async for event in events]

    waiting = asyncio.create_task(collect())
    await asyncio.sleep(0)
    assert not waiting.done()
    await meanwhile()
    return await waiting


async def test_a_success_elsewhere_ends_the_stream(function: Function) -> None:
    """The document that the other environment stored is the last event, after every step; nothing is done twice."""
    ref, claim = await claimed_elsewhere(function)

    async def succeed() -> None:
        await function.documents.release(claim)
        async for _ in function.ingesting.ingest(CALLER, ref):
            pass

    *steps, ended = await followed(function, ref, succeed)

    assert isinstance(ended, IngestEnded)
    assert [step.step for step in steps if isinstance(step, IngestProgress)] == STEPS
    assert (ended.document.status, len(function.embedder.texts)) == (DocumentStatus.READY, 1)


async def test_a_failure_elsewhere_ends_the_stream(function: Function) -> None:
    """The reason comes from the other environment; the document is not read again."""
    ref, claim = await claimed_elsewhere(function)

    events = await followed(
        function, ref, lambda: function.documents.fail(claim, code="no_text_layer", reason="Scanned.")
    )

    assert events[-1:] == [IngestEnded(await function.documents.get(CALLER, claim.document.id))]
    assert function.embedder.texts == []


async def test_a_claim_given_back_is_taken(function: Function) -> None:
    """When the other environment gives up, this one does the work and tells every step."""
    ref, claim = await claimed_elsewhere(function)

    events = await followed(function, ref, lambda: function.documents.release(claim))

    assert [event.step for event in events[-6:-1] if isinstance(event, IngestProgress)] == STEPS
    assert isinstance(events[-1], IngestEnded)
    assert events[-1].document.status is DocumentStatus.READY


@pytest.mark.parametrize("steps", [1, 3])
async def test_a_reader_that_goes_away_ends_the_work(function: Function, steps: int) -> None:
    """Closing the stream gives the claim back."""
    ref = await function.objects.write("a.txt", b"Some text.")
    events = follow(function.ingesting, function.documents, CALLER, ref)
    for _ in range(steps):
        await anext(events)

    await events.aclose()

    (document,) = await function.recent()
    assert document.status is DocumentStatus.PENDING


async def test_work_elsewhere_is_not_waited_for_beyond_the_invocation(function: Function) -> None:
    """The stream ends with a word while there is time for it, however long the other environment takes."""
    ref, _ = await claimed_elsewhere(function)

    with pytest.raises(DocumentUnfinished):
        async for _ in follow(function.ingesting, function.documents, CALLER, ref, seconds=0.05, poll_seconds=0.001):
            pass
