"""The progress of an upload as a stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from starlette.requests import Request

from functions.ingest.schemas import DocumentBody
from sluice.domain import Caller, Document, DocumentStatus, ObjectRef
from sluice.errors import DocumentBusy, SluiceError
from sluice.events import IngestEnded, IngestEvent, IngestProgress
from sluice.ingesting import Ingesting
from sluice.ports import DocumentStore
from sluice.sse import Payload

POLL_SECONDS = 0.5
_STEPS = ("received", "parsed", "chunked", "embedded", "stored")
_SETTLED = frozenset({DocumentStatus.READY, DocumentStatus.FAILED})


# Of an invocation, left for the last words after the work has stopped.
_MARGIN_SECONDS = 5.0


def seconds_left(request: Request) -> float | None:
    """Return how long this invocation may work; None where nobody says."""
    context = request.scope.get("aws.context")
    return context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS if context else None


async def follow(
    ingesting: Ingesting,
    documents: DocumentStore,
    caller: Caller,
    ref: ObjectRef,
    *,
    seconds: float | None = None,
    poll_seconds: float = POLL_SECONDS,
) -> AsyncGenerator[IngestEvent, None]:
    """Ingest the object and yield its progress; where another environment was quicker, tell what that one does.

    The bucket announces the object too, so that two environments want it and one of them gets it. That one may also
    give up, as the other may be frozen: then this one goes on. Raises `DocumentUnfinished` when its time is over first.
    """
    until = None if seconds is None else time.monotonic() + seconds
    told: list[IngestProgress] = []
    is_first = True
    while True:
        left = None if until is None else until - time.monotonic()
        events = ingesting.ingest(caller, ref, seconds=left, again=is_first)
        async with aclosing(_tell(events, told, elsewhere=not is_first)) as steps:
            async for step in steps:
                yield step
                if isinstance(step, IngestEnded):
                    return
        is_first = False
        await asyncio.sleep(poll_seconds)
        for step in await _done_elsewhere(documents, caller, ref, told):
            yield step


async def _tell(
    events: AsyncGenerator[IngestEvent, None], told: list[IngestProgress], *, elsewhere: bool
) -> AsyncGenerator[IngestEvent, None]:
    """Yield the progress and note it, and the end once it is settled; nothing while somebody else has the document."""
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, IngestProgress):
                    told.append(event)
                    yield event
                elif event.document.status in _SETTLED:
                    for step in _untold(event.document, told) if elsewhere else ():
                        yield step
                    yield event
    except DocumentBusy:
        return


async def _done_elsewhere(
    documents: DocumentStore, caller: Caller, ref: ObjectRef, told: list[IngestProgress]
) -> list[IngestProgress]:
    """Return the steps that another environment has done since, and note them."""
    document = await documents.find(caller, ref.source)
    steps = list(_untold(document, told)) if document and document.status is DocumentStatus.PROCESSING else []
    told.extend(steps)
    return steps


def _untold(document: Document, told: Sequence[IngestProgress]) -> Iterator[IngestProgress]:
    """Yield the steps of work done elsewhere that nobody has told yet, those that came too quickly to be seen too."""
    if document.status is DocumentStatus.FAILED:
        return
    known = {step.step for step in told}
    counts = {"parsed": document.pages, "chunked": document.total or document.chunks}
    counts["embedded"] = counts["chunked"]
    for name in _STEPS:
        step = IngestProgress(name, document.id, counts.get(name), counts.get(name))
        if name == document.step:
            step = replace(step, done=document.done, total=document.total)
        if name not in known or (name == document.step and step not in told):
            yield step
        if name == document.step:
            return


async def payloads(events: AsyncGenerator[IngestEvent, None]) -> AsyncGenerator[Payload, None]:
    """Yield the JSON of each event; an error that may pass is the last one, since the bucket's event tries again."""
    try:
        async with aclosing(events):
            async for event in events:
                yield _payload(event)
    except SluiceError as error:
        yield {"type": "error", "code": error.code, "message": error.message, "retryable": error.retryable}


def _payload(event: IngestEvent) -> Payload:
    if isinstance(event, IngestEnded):
        body = DocumentBody.of(event.document).model_dump(mode="json")
        return {"type": event.document.status.value, "document_id": body["id"], "document": body}
    counts = {"done": event.done, "total": event.total} if event.total is not None else {}
    return {"type": event.step, "document_id": str(event.document_id), **counts}
