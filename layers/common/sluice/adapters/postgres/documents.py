"""Documents and the claims on them, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres import chunks as chunk_rows
from sluice.adapters.postgres.database import Connection, Database, Parameters
from sluice.domain import (
    Caller,
    Chunk,
    Claim,
    Document,
    DocumentStatus,
    EmbeddingUsage,
    ObjectRef,
    ParsedDocument,
    Vector,
    uuid7,
)
from sluice.errors import DocumentBusy, DocumentChanged, DocumentNotFound
from sluice.ports import OtherVectors, Progress, Sample

# Appended word counts that a search can still add up at no cost.
_UNFOLDED_CHANGES = 20_000
_NO_USAGE = EmbeddingUsage()

_COLUMNS = [field.name for field in fields(Document)]


class PostgresDocuments:
    """The `DocumentStore` on PostgreSQL. A transaction of a claim first locks the document's row and checks the claim.

    Writers of chunks hold the row by a weak lock, side by side; what takes a claim away or ends it locks it for update.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, caller: Caller, ref: ObjectRef, *, again: bool = False) -> Document:
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
                "sequencer": ref.sequencer,
                "written_at": ref.written_at,
                "again": again,
            },
        )
        return rows[0] if rows else _found(await self.find(caller, ref.source))

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float, again: bool = False) -> Claim | None:
        """Take the document for processing; None when there is nothing to do, `DocumentBusy` when it is taken."""
        document = await self.register(caller, ref, again=again)
        if document.status not in (DocumentStatus.PENDING, DocumentStatus.PROCESSING):
            return None
        token = uuid7()
        rows = await self._database.fetch(
            sql.query("documents", "claim_document"),
            _of(caller, document) | {"claim": token, "version": uuid7(), "lease_seconds": lease_seconds},
        )
        if not rows:
            raise DocumentBusy
        return Claim(caller, _document(rows[0]), token, rows[0]["staged"], lease_seconds)

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        """Note which bytes were really read."""
        _held(await self._fetch("confirm_document", _key(claim) | {"etag": ref.etag, "size": ref.size}))

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        """Note the progress and renew the lease."""
        _held(await self._fetch("report_progress", _progress(claim, progress, pages=pages)))

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        """Stage what the tenant has already; return the ordinals of the chunks that are staged."""
        _held(await self._fetch("report_progress", _progress(claim, None)))

        async def work(connection: Connection) -> set[int]:
            await _run(connection, "hold_document", _key(claim))
            return {row["ordinal"] for row in await chunk_rows.reuse(connection, claim, chunks)}

        return await self._database.transact(work)

    async def stage(
        self,
        claim: Claim,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
        usage: EmbeddingUsage = _NO_USAGE,
        progress: Progress | None = None,
        other: OtherVectors | None = None,
    ) -> None:
        """Add up what the chunks have cost, and write them beside the ones that readers see."""
        _held(await self._fetch("report_progress", _progress(claim, progress, usage=usage)))

        async def work(connection: Connection) -> None:
            await _run(connection, "hold_document", _key(claim))
            await chunk_rows.insert(connection, claim, chunks, vectors, model=model, other=other)

        await self._database.transact(work)

    async def publish(
        self,
        claim: Claim,
        *,
        kind: str,
        title: str | None,
        pages: int | None,
        chunks: int,
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Swap the staged version in and drop everything else, in one transaction."""
        published = {"kind": kind, "title": title, "pages": pages, "chunks": chunks, "metadata": Jsonb(metadata or {})}
        lease = {"lease_seconds": claim.lease_seconds}

        async def work(connection: Connection) -> None:
            await _run(connection, "seize_document", _key(claim))
            await _run(connection, "publish_version", _key(claim) | published | lease)
            other = _key(claim) | {"version": claim.version, "chunks": chunks}
            await connection.execute(_query("delete_other_chunks"), other)

        await self._database.transact(work)
        fold = {"tenant": claim.caller.tenant, "most": _UNFOLDED_CHANGES}
        await self._database.fetch(_query("fold_lexeme_changes"), fold)

    async def sample(self, claim: Claim) -> Sample:
        """Return a chunk from the middle of what readers see."""
        rows = await self._database.fetch(_query("sample_chunk"), _key(claim))
        if not rows:
            raise DocumentChanged
        vector = [float(number) for number in rows[0]["vector"].strip("[]").split(",")]
        return Sample(rows[0]["content"], vector, rows[0]["model"])

    async def finish(self, claim: Claim) -> Document:
        """End the claim: the document is ready."""
        return _held(await self._fetch("finish_document", _key(claim)))

    async def release(self, claim: Claim, *, code: str | None = None, reason: str | None = None) -> None:
        """Make the document pending again; a claim that is lost already has nothing to give back."""
        await self._fetch("release_document", _key(claim) | {"code": code, "reason": reason})

    async def fail(self, claim: Claim, *, code: str, reason: str) -> Document:
        """Mark the document failed and drop what was staged; the version that was ready before stays searchable."""

        async def work(connection: Connection) -> Document:
            await _run(connection, "seize_document", _key(claim))
            row = await _run(connection, "fail_document", _key(claim) | {"code": code, "reason": reason})
            await connection.execute(_query("delete_staged_chunks"), _key(claim))
            return _document(row)

        return await self._database.transact(work)

    async def store(
        self,
        caller: Caller,
        claim: Claim,
        parsed: ParsedDocument,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        model: str,
    ) -> Document:
        """Stage, publish and finish at once what has been parsed and embedded elsewhere."""
        assert caller == claim.caller  # noqa: S101 - a claim is its caller's own
        await self.stage(claim, chunks, vectors, model=model)
        await self.publish(claim, kind=parsed.kind, title=parsed.title, pages=parsed.pages, chunks=len(chunks))
        return await self.finish(claim)

    async def find(self, caller: Caller, source: str) -> Document | None:
        """Return the document of an object, also where only its tombstone is left."""
        rows = await self._fetch("find_document", {"source": source, "tenant": caller.tenant})
        return rows[0] if rows else None

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Return the caller's document; raise `DocumentNotFound`."""
        rows = await self._fetch("get_document", {"id": document_id, "tenant": caller.tenant})
        return _found(rows[0] if rows else None)

    async def recent(self, caller: Caller, *, collection: str | None, limit: int) -> list[Document]:
        """Return the caller's documents, newest first."""
        return await self._fetch("list_documents", {"tenant": caller.tenant, "collection": collection, "limit": limit})

    async def page(self, *, after: str, limit: int) -> list[Document]:
        """Return every tenant's documents in the order of their sources."""
        return await self._fetch("page_documents", {"after": after, "limit": limit})

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        """Delete the document with its chunks; raise `DocumentNotFound`."""

        async def work(connection: Connection) -> Document:
            locked = {"id": document_id, "tenant": caller.tenant}
            row = await (await connection.execute(_query("lock_document"), locked)).fetchone()
            document = _found(_document(row) if row else None)
            await _entomb(connection, caller, document, sequencer="")
            return document

        return await self._database.transact(work)

    async def bury(self, caller: Caller, ref: ObjectRef) -> Document | None:
        """Delete the document of an object that is gone, unless it was put again later; keep a tombstone."""
        grave = {
            "id": uuid7(),
            "tenant": caller.tenant,
            "collection": ref.collection,
            "source": ref.source,
            "title": ref.name,
            "sequencer": ref.sequencer,
        }

        async def work(connection: Connection) -> Document | None:
            row = await (await connection.execute(_query("dig_grave"), grave)).fetchone()
            if row is None:
                return None
            document = _document(row)
            await _entomb(connection, caller, document, sequencer=ref.sequencer)
            return None if document.status is DocumentStatus.DELETED else document

        return await self._database.transact(work)

    async def forget_tombstones(self, *, older_than_seconds: float) -> None:
        """Drop the tombstones that no event can come after."""
        await self._fetch("forget_tombstones", {"seconds": older_than_seconds})

    async def _fetch(self, name: str, parameters: Parameters) -> list[Document]:
        return [_document(row) for row in await self._database.fetch(_query(name), parameters)]


def _query(name: str) -> LiteralString:
    return sql.query("documents", name)


def _key(claim: Claim) -> dict[str, object]:
    return {"id": claim.document.id, "tenant": claim.caller.tenant, "claim": claim.token}


def _progress(
    claim: Claim, progress: Progress | None, *, pages: int | None = None, usage: EmbeddingUsage = _NO_USAGE
) -> dict[str, object]:
    return _key(claim) | {
        "step": progress.step if progress else None,
        "done": progress.done if progress else None,
        "total": progress.total if progress else None,
        "pages": pages,
        "tokens": usage.tokens,
        "cost": usage.cost,
        "lease_seconds": claim.lease_seconds,
    }


async def _run(connection: Connection, name: str, parameters: Parameters) -> DictRow:
    """Run a statement that only the holder of the claim may; raise `DocumentChanged` for anybody else."""
    row = await (await connection.execute(_query(name), parameters)).fetchone()
    if row is None:
        raise DocumentChanged
    return row


async def _entomb(connection: Connection, caller: Caller, document: Document, *, sequencer: str) -> None:
    await connection.execute(_query("entomb_document"), _of(caller, document) | {"sequencer": sequencer})
    await connection.execute(_query("delete_chunks"), _of(caller, document))


def _of(caller: Caller, document: Document) -> dict[str, object]:
    return {"id": document.id, "tenant": caller.tenant}


def _document(row: DictRow) -> Document:
    values = {name: row[name] for name in _COLUMNS}
    return Document(**values | {"status": DocumentStatus(row["status"])})


def _held(documents: Sequence[Document]) -> Document:
    if not documents:
        raise DocumentChanged
    return documents[0]


def _found(document: Document | None) -> Document:
    if document is None:
        raise DocumentNotFound
    return document
