"""Documents that end, and the tombstones that they leave; in the caller's transaction."""

from __future__ import annotations

from uuid import UUID

from sluice.adapters.postgres import document_rows as rows
from sluice.adapters.postgres.database import Connection
from sluice.domain import Caller, Document, DocumentStatus, ObjectRef, uuid7


async def delete(connection: Connection, caller: Caller, document_id: UUID) -> Document:
    """Delete a document with its chunks and return what it was; raise `DocumentNotFound`."""
    locked = {"id": document_id, "tenant": caller.tenant}
    row = await (await connection.execute(rows.query("lock_document"), locked)).fetchone()
    document = rows.found(rows.document(row) if row else None)
    await _entomb(connection, caller, document, sequencer="")
    return document


async def bury(connection: Connection, caller: Caller, ref: ObjectRef) -> Document | None:
    """Delete the document of an object that is gone, unless it was put again later; return what it was."""
    grave = {
        "id": uuid7(),
        "tenant": caller.tenant,
        "collection": ref.collection,
        "source": ref.source,
        "title": ref.name,
        "sequencer": ref.sequencer,
    }
    row = await (await connection.execute(rows.query("dig_grave"), grave)).fetchone()
    if row is None:
        return None
    document = rows.document(row)
    await _entomb(connection, caller, document, sequencer=ref.sequencer)
    return None if document.status is DocumentStatus.DELETED else document


async def _entomb(connection: Connection, caller: Caller, document: Document, *, sequencer: str) -> None:
    await connection.execute(rows.query("entomb_document"), rows.of(caller, document) | {"sequencer": sequencer})
    await connection.execute(rows.query("delete_chunks"), rows.of(caller, document))
