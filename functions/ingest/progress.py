"""The progress of an upload as a stream of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from functions.ingest.schemas import DocumentBody
from sluice.domain import Caller, DocumentStatus, ObjectRef
from sluice.errors import DocumentBusy, SluiceError
from sluice.events import IngestEnded, IngestEvent
from sluice.ingesting import Ingesting
from sluice.ports import DocumentStore
from sluice.sse import Payload

POLL_SECONDS = 0.5


async def follow(
    ingesting: Ingesting,
    documents: DocumentStore,
    caller: Caller,
    ref: ObjectRef,
    *,
    poll_seconds: float = POLL_SECONDS,
) -> AsyncGenerator[IngestEvent, None]:
    """Ingest the object and yield its progress; where another environment was quicker, wait for what comes of it.

    The bucket announces the object too, so that two environments want it and one of them gets it.
    """
    while True:
        try:
            async with aclosing(ingesting.ingest(caller, ref)) as events:
                async for event in events:
                    yield event
            return
        except DocumentBusy:
            await asyncio.sleep(poll_seconds)
        document = await documents.register(caller, ref)
        if document.status is DocumentStatus.FAILED:
            yield IngestEnded(document)
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
