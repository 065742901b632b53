"""The rows of documents: what is asked of them, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import LiteralString, TypeVar

from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Connection, Parameters, Statement
from sluice.domain import Caller, Claim, Document, DocumentStatus, EmbeddingUsage, ObjectRef, uuid7
from sluice.errors import DocumentChanged, DocumentNotFound
from sluice.ports import Progress

Changed = TypeVar("Changed")

NO_USAGE = EmbeddingUsage()

_COLUMNS = [field.name for field in fields(Document)]


def query(name: str) -> LiteralString:
    return sql.query("documents", name)


def statement(name: str, parameters: Parameters) -> Statement:
    return query(name), parameters


def told(caller: Caller, ref: ObjectRef, *, again: bool) -> dict[str, object]:
    """Return what an event says of an object, with the id of the document that it may make."""
    return {
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
    }


def key(claim: Claim) -> dict[str, object]:
    """Return what a claim is recognised by."""
    return {"id": claim.document.id, "tenant": claim.caller.tenant, "claim": claim.token}


def of(caller: Caller, document: Document) -> dict[str, object]:
    return {"id": document.id, "tenant": caller.tenant}


def progress(
    claim: Claim, told: Progress | None, *, pages: int | None = None, usage: EmbeddingUsage = NO_USAGE
) -> dict[str, object]:
    """Return what a claim notes, and renews its lease with."""
    return key(claim) | {
        "step": told.step if told else None,
        "done": told.done if told else None,
        "total": told.total if told else None,
        "pages": pages,
        "tokens": usage.tokens,
        "cost": usage.cost,
        "lease_seconds": claim.lease_seconds,
    }


def document(row: DictRow) -> Document:
    values = {name: row[name] for name in _COLUMNS}
    return Document(**values | {"status": DocumentStatus(row["status"])})


def held(changed: Sequence[Changed]) -> Changed:
    """Return what the holder of a claim has changed; raise `DocumentChanged` for anybody else."""
    if not changed:
        raise DocumentChanged
    return changed[0]


def found(known: Document | None) -> Document:
    """Raise `DocumentNotFound` where there is none."""
    if known is None:
        raise DocumentNotFound
    return known


async def run(connection: Connection, name: str, parameters: Parameters) -> DictRow:
    """Run a statement that only the holder of the claim may; raise `DocumentChanged` for anybody else."""
    row = await (await connection.execute(query(name), parameters)).fetchone()
    if row is None:
        raise DocumentChanged
    return row
