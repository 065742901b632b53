"""Documents and their chunks on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from uuid import UUID

from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Connection, Database, Parameters
from sluice.adapters.postgres.migrations import mismatch
from sluice.adapters.postgres.vectors import as_text
from sluice.domain import Caller, Chunk, Document, DocumentStatus, ObjectRef, ParsedDocument, Vector, uuid7
from sluice.errors import DocumentBusy, DocumentNotFound, SchemaOutdated

# Chunks per statement: one round trip and one count of words for all of them.
_BATCH = 256
# Appended word counts that a search can still add up at no cost.
_UNFOLDED_CHANGES = 20_000

_COLUMNS = [field.name for field in fields(Document)]


class PostgresDocuments:
    """The `DocumentStore` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, caller: Caller, ref: ObjectRef) -> Document:
        """Return the document of this object, made `pending` when the object or its bytes are new."""
        rows = await self._fetch(
            "register_document",
            {
                "id": uuid7(),
                "tenant": caller.tenant,
                "collection": ref.collection,
                "source": ref.source,
                "title": ref.name,
                "etag": ref.etag,
                "size": ref.size,
            },
        )
        return rows[0]

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float) -> Document | None:
        """Take the document for processing; None when this version is ready, `DocumentBusy` when it is taken."""
        document = await self.register(caller, ref)
        if document.status is DocumentStatus.READY:
            return None
        claimed = await self._fetch(
            "claim_document", {"id": document.id, "etag": ref.etag, "lease_seconds": lease_seconds}
        )
        if not claimed:
            raise DocumentBusy
        return claimed[0]

    async def release(self, caller: Caller, document_id: UUID) -> None:
        """Make a claimed document pending again."""
        await self._fetch("release_document", {"id": document_id, "tenant": caller.tenant})

    async def store(
        self,
        caller: Caller,
        document: Document,
        parsed: ParsedDocument,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
    ) -> Document:
        """Write the chunks as a new version, swap it in and drop the old one, in one transaction."""
        version = uuid7()
        owner = {"tenant": caller.tenant, "document_id": document.id, "version": version}
        batches = [owner | _columns(batch) for batch in _batches(list(zip(chunks, vectors, strict=True)))]

        async def work(connection: Connection) -> DictRow | None:
            await _check_model(connection, model, dimension=len(vectors[0]) if vectors else 0)
            async with connection.cursor() as cursor:
                await cursor.executemany(sql.query("documents", "insert_chunks"), batches)
                published = await cursor.execute(
                    sql.query("documents", "publish_version"),
                    {
                        "id": document.id,
                        "tenant": caller.tenant,
                        "etag": document.etag,
                        "version": version,
                        "kind": parsed.kind,
                        "title": parsed.title or document.title,
                        "pages": parsed.pages,
                        "chunks": len(chunks),
                    },
                )
                row = await published.fetchone()
                await cursor.execute(
                    sql.query("documents", "delete_other_versions"), {"id": document.id, "version": version}
                )
                return row

        try:
            stored = _found(await self._database.transact(work))
        except ForeignKeyViolation as error:  # deleted while its chunks were made
            raise DocumentNotFound from error
        await self._fetch("fold_lexeme_changes", {"tenant": caller.tenant, "most": _UNFOLDED_CHANGES})
        return stored

    async def fail(self, caller: Caller, document_id: UUID, *, code: str, reason: str) -> Document:
        """Mark the document failed; the version that was ready before, if any, stays searchable."""
        rows = await self._fetch(
            "fail_document", {"id": document_id, "tenant": caller.tenant, "code": code, "reason": reason}
        )
        return rows[0] if rows else _found(None)

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Return the caller's document; raise `DocumentNotFound`."""
        rows = await self._fetch("get_document", {"id": document_id, "tenant": caller.tenant})
        return rows[0] if rows else _found(None)

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        """Return the caller's documents, newest first."""
        return await self._fetch("list_documents", {"tenant": caller.tenant, "collection": collection, "limit": limit})

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        """Delete the document with its chunks; raise `DocumentNotFound`."""
        rows = await self._fetch("delete_document", {"id": document_id, "tenant": caller.tenant})
        return rows[0] if rows else _found(None)

    async def delete_source(self, caller: Caller, source: str) -> Document | None:
        """Delete the document of an object that is gone; None when there was none."""
        rows = await self._fetch("delete_document_by_source", {"source": source, "tenant": caller.tenant})
        return rows[0] if rows else None

    async def _fetch(self, name: str, parameters: Parameters) -> list[Document]:
        return [_document(row) for row in await self._database.fetch(sql.query("documents", name), parameters)]


async def _check_model(connection: Connection, model: str, *, dimension: int) -> None:
    row = await (await connection.execute(sql.query("documents", "lock_embedding_space"))).fetchone()
    if row is None:
        raise SchemaOutdated
    if row["model"] != model or dimension not in (0, row["dimension"]):
        raise mismatch(
            stored=f"{row['model']} ({row['dimension']} dimensions)", configured=f"{model} ({dimension} dimensions)"
        )


def _batches(pairs: Sequence[tuple[Chunk, Vector]]) -> Iterator[Sequence[tuple[Chunk, Vector]]]:
    return (pairs[start : start + _BATCH] for start in range(0, len(pairs), _BATCH))


def _columns(pairs: Sequence[tuple[Chunk, Vector]]) -> dict[str, object]:
    chunks = [chunk for chunk, _ in pairs]
    return {
        "ids": [uuid7() for _ in chunks],
        "ordinals": [chunk.ordinal for chunk in chunks],
        "contents": [chunk.content for chunk in chunks],
        "starts": [chunk.start for chunk in chunks],
        "ends": [chunk.end for chunk in chunks],
        "pages": [chunk.page for chunk in chunks],
        "headings": [chunk.heading for chunk in chunks],
        "embeddings": [as_text(vector) for _, vector in pairs],
    }


def _document(row: DictRow) -> Document:
    values = {name: row[name] for name in _COLUMNS}
    return Document(**values | {"status": DocumentStatus(row["status"])})


def _found(row: DictRow | None) -> Document:
    if row is None:
        raise DocumentNotFound
    return _document(row)
