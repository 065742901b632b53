"""Tries a document again that has failed by itself, where nothing else would."""

from __future__ import annotations

from uuid import UUID

from sluice.domain import Caller, Document, DocumentStatus
from sluice.ingesting import object_of
from sluice.ports import DocumentStore, IngestQueue
from sluice.reconciling import announcement


async def retry(caller: Caller, document_id: UUID, *, documents: DocumentStore, queue: IngestQueue) -> Document:
    """Make a failed document pending and announce its object; return it as it is then.

    One that waits already is announced once more, one that is in work or ready stays what it is. Raises
    `DocumentNotFound` and `QueueUnavailable`; after the latter, the daily comparison finds the document waiting.
    """
    ref = object_of(await documents.get(caller, document_id))
    document = await documents.register(caller, ref, again=True)
    if document.status is DocumentStatus.PENDING:
        await queue.send(announcement(ref), again=True)
    return document
