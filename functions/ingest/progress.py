"""The progress of an upload as a stream of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request

from functions.ingest.schemas import DocumentBody
from sluice.domain import Caller, DocumentStatus, ObjectRef
from sluice.errors import DocumentBusy, SluiceError
from sluice.events import IngestEnded, IngestEvent, IngestProgress
from sluice.ingesting import Ingesting
from sluice.ports import DocumentStore
from sluice.sse import Payload

POLL_SECONDS = 0.5
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
    give up, as the other may be frozen: then this one goes on.
    """
    again, told = True, None
    while True:
        try:
            async with aclosing(ingesting.ingest(caller, ref, seconds=seconds, again=again)) as events:
                async for event in events:
                    if not isinstance(event, IngestEnded) or event.document.status in _SETTLED:
                        yield event
            if isinstance(event, IngestEnded) and event.document.status in _SETTLED:
                return
        except DocumentBusy:
            pass
        again = False
        await asyncio.sleep(poll_seconds)
        document = await documents.find(caller, ref.source)
        if document and document.step and document.status is DocumentStatus.PROCESSING:
            step = IngestProgress(document.step, document.id, document.done, document.total)
            if step != told:
                told = step
                yield step


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
