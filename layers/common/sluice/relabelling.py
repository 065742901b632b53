"""Changes the metadata of a document, whose text is not read again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sluice import labelling
from sluice.domain import Caller, Document, DocumentStatus
from sluice.errors import DocumentBusy
from sluice.ingesting import object_of
from sluice.ports import DocumentStore, ObjectStore

_UNREAD = (DocumentStatus.PENDING, DocumentStatus.PROCESSING)


async def relabel(
    caller: Caller,
    document_id: UUID,
    changes: Mapping[str, object],
    *,
    documents: DocumentStore,
    objects: ObjectStore,
) -> Document:
    """Change the metadata on the object, where it outlives every re-ingestion, and then of its document.

    `changes` holds new values by key, and None for a key that is to go. What fails half-way is mended by asking again.
    Raises `DocumentNotFound`, `DocumentBusy` while the object is read or where it is another by now, `ObjectGone`,
    `InvalidMetadata`, `StorageUnavailable`.
    """
    document = await documents.get(caller, document_id)
    if document.status in _UNREAD:
        raise DocumentBusy
    was = object_of(document)
    metadata = labelling.merge(labelling.from_object(await objects.carried(was)), changes)
    now = await objects.relabel(was, labelling.to_object(metadata))
    return await documents.label(caller, document_id, metadata, was=was, now=now)
