"""Documents and the claims on them, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres import chunks as chunk_rows
from sluice.adapters.postgres import document_rows as rows
from sluice.adapters.postgres import graves, spaces
from sluice.adapters.postgres.database import Connection, Database, Parameters
from sluice.domain import (
    Caller,
    Chunk,
    Claim,
    Document,
    DocumentStatus,
    ObjectRef,
    ParsedDocument,
    Vector,
    uuid7,
)
from sluice.errors import DocumentBusy, DocumentChanged, EmbeddingModelSwitched
from sluice.ports import Embeddings, Progress, Sample, Summary

# Appended word counts, at most, that a search can still add up at no cost; of small documents they are half as many.
_UNFOLDED_CHANGES = 40_000


class PostgresDocuments:
    """The `DocumentStore` on PostgreSQL. A transaction of a claim first locks the document's row and checks the claim.

    Writers of chunks hold the row by a weak lock, side by side; what takes a claim away or ends it locks it for update.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, caller: Caller, ref: ObjectRef, *, again: bool = False) -> Document:
        """Return the document of this object, made `pending` when the object or its bytes are new."""
        told = rows.told(caller, ref, again=again)
        known = await self._fetch("register_document", told) or await self._fetch("replace_tombstone", told)
        return known[0] if known else rows.found(await self.find(caller, ref.source))

    async def claim(self, caller: Caller, ref: ObjectRef, *, lease_seconds: float, again: bool = False) -> Claim | None:
        """Take the document for processing; None when there is nothing to do, `DocumentBusy` when it is taken."""
        token = uuid7()
        taking = {"claim": token, "version": uuid7(), "lease_seconds": lease_seconds}
        told = rows.told(caller, ref, again=again)
        known, taken = await self._database.send(
            [rows.statement("register_document", told), rows.statement("claim_document", told | taking)]
        )
        if taken:
            return Claim(caller, rows.document(taken[0]), token, taken[0]["staged"], lease_seconds)
        document = rows.document(known[0]) if known else await self.register(caller, ref)
        if document.status is DocumentStatus.PROCESSING:
            raise DocumentBusy(retry_after=known[0]["lease_left"] if known else None)
        if document.status is DocumentStatus.PENDING:  # which was a tombstone
            return await self.claim(caller, ref, lease_seconds=lease_seconds)
        return None

    async def confirm(self, claim: Claim, ref: ObjectRef) -> None:
        """Note which bytes were really read."""
        rows.held(await self._fetch("confirm_document", rows.key(claim) | {"etag": ref.etag, "size": ref.size}))

    async def report(self, claim: Claim, progress: Progress, *, pages: int | None = None) -> None:
        """Note the progress and renew the lease."""
        rows.held(await self._fetch("report_progress", rows.progress(claim, progress, pages=pages)))

    async def renew(self, claim: Claim) -> None:
        """Let the lease run from now."""
        rows.held(await self._fetch("report_progress", rows.progress(claim, None)))

    async def reuse(self, claim: Claim, chunks: Sequence[Chunk]) -> set[int]:
        """Stage what the tenant has already; return the ordinals of the chunks that are staged."""
        renewal = rows.statement("report_progress", rows.progress(claim, None))
        with chunk_rows.complete():
            renewed, there = await self._database.send([renewal], [chunk_rows.reuse(claim, chunks)])
        rows.held(renewed)
        return {row["ordinal"] for row in there}

    async def stage(
        self, claim: Claim, chunks: Sequence[Chunk], embeddings: Embeddings, *, progress: Progress | None = None
    ) -> None:
        """Add up what the chunks have cost, and write them beside the ones that readers see."""
        # By itself: a lost connection repeats the other statements, and what was spent would count twice.
        note = rows.progress(claim, progress, usage=embeddings.usage)
        noted = rows.held(await self._database.fetch(rows.query("report_progress"), note))
        with chunk_rows.complete():
            written = await self._database.send(chunk_rows.insert(claim, chunks, embeddings, noted["vector_oid"]))
        if not all(row["is_held"] for [row] in written):
            raise DocumentChanged
        if not all(row["is_fitting"] for [row] in written):
            await self._refuse(embeddings)

    async def publish(self, claim: Claim, read: Summary, *, metadata: Mapping[str, object] | None = None) -> None:
        """Swap the staged version in and drop everything else, in one transaction."""
        held = {"version": claim.version, "lease_seconds": claim.lease_seconds}
        given = rows.key(claim) | held | asdict(read) | {"metadata": Jsonb(metadata or {})}
        names = ("seize_document", "publish_version", "delete_other_chunks")
        seized, *_ = await self._database.send([rows.statement(name, given) for name in names])
        rows.held(seized)

    async def sample(self, claim: Claim) -> Sample:
        """Return a chunk from the middle of what readers see."""
        samples = await self._database.fetch(rows.query("sample_chunk"), rows.key(claim))
        if not samples:
            raise DocumentChanged
        vector = [float(number) for number in samples[0]["vector"].strip("[]").split(",")]
        return Sample(samples[0]["content"], vector, samples[0]["model"])

    async def finish(self, claim: Claim) -> Document:
        """End the claim: the document is ready."""
        ending = rows.statement("finish_document", rows.key(claim))
        fold = {"tenant": claim.caller.tenant, "most": _UNFOLDED_CHANGES}
        finished, _ = await self._database.send([ending], [rows.statement("fold_lexeme_changes", fold)])
        return rows.document(rows.held(finished))

    async def release(self, claim: Claim, *, code: str | None = None, reason: str | None = None) -> None:
        """Make the document pending again; a claim that is lost already has nothing to give back."""
        await self._fetch("release_document", rows.key(claim) | {"code": code, "reason": reason})

    async def fail(self, claim: Claim, *, code: str, reason: str) -> Document:
        """Mark the document failed and drop what was staged; the version that was ready before stays searchable."""

        async def work(connection: Connection) -> Document:
            await rows.run(connection, "seize_document", rows.key(claim))
            row = await rows.run(connection, "fail_document", rows.key(claim) | {"code": code, "reason": reason})
            await connection.execute(rows.query("delete_staged_chunks"), rows.key(claim))
            return rows.document(row)

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
        await self.stage(claim, chunks, Embeddings(list(vectors), rows.NO_USAGE, model))
        await self.publish(claim, Summary(parsed.kind, len(chunks), parsed.title, parsed.pages))
        return await self.finish(claim)

    async def label(
        self, caller: Caller, document_id: UUID, metadata: Mapping[str, object], *, was: ObjectRef, now: ObjectRef
    ) -> Document:
        """Give a document that is read already other metadata; raise `DocumentNotFound` or `DocumentBusy`."""
        versions = {"was": was.etag, "now": now.etag, "metadata": Jsonb(metadata)}
        labelled = await self._fetch("label_document", {"id": document_id, "tenant": caller.tenant, **versions})
        if not labelled:
            await self.get(caller, document_id)
            raise DocumentBusy
        return labelled[0]

    async def find(self, caller: Caller, source: str) -> Document | None:
        """Return the document of an object, also where only its tombstone is left."""
        known = await self._fetch("find_document", {"source": source, "tenant": caller.tenant})
        return known[0] if known else None

    async def get(self, caller: Caller, document_id: UUID) -> Document:
        """Return the caller's document; raise `DocumentNotFound`."""
        known = await self._fetch("get_document", {"id": document_id, "tenant": caller.tenant})
        return rows.found(known[0] if known else None)

    async def recent(
        self,
        caller: Caller,
        *,
        collection: str | None,
        limit: int,
        status: DocumentStatus | None = None,
        source: str | None = None,
        before: UUID | None = None,
    ) -> list[Document]:
        """Return the caller's documents, newest first."""
        wanted = {"collection": collection, "status": status, "source": source, "before": before}
        return await self._fetch("list_documents", {"tenant": caller.tenant, "limit": limit, **wanted})

    async def page(self, *, after: str, limit: int) -> list[Document]:
        """Return every tenant's documents in the order of their sources."""
        return await self._fetch("page_documents", {"after": after, "limit": limit})

    async def delete(self, caller: Caller, document_id: UUID) -> Document:
        """Delete the document with its chunks; raise `DocumentNotFound`."""
        return await self._database.transact(lambda connection: graves.delete(connection, caller, document_id))

    async def bury(self, caller: Caller, ref: ObjectRef) -> Document | None:
        """Delete the document of an object that is gone, unless it was put again later; keep a tombstone."""
        return await self._database.transact(lambda connection: graves.bury(connection, caller, ref))

    async def forget_tombstones(self, *, older_than_seconds: float) -> None:
        """Drop the tombstones that no event can come after."""
        await self._fetch("forget_tombstones", {"seconds": older_than_seconds})

    async def _refuse(self, embeddings: Embeddings) -> None:
        """Say why vectors can't stand beside the stored ones."""
        found = await self._database.fetch(sql.query("embeddings", "embedding_space"))
        space, model = spaces.of(found[0] if found else None), embeddings.model or ""
        spaces.check_vectors(space, model, chunk_rows.dimension(embeddings))
        raise EmbeddingModelSwitched(model)  # and back, just now

    async def _fetch(self, name: str, parameters: Parameters) -> list[Document]:
        return [rows.document(row) for row in await self._database.fetch(rows.query(name), parameters)]
