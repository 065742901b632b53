"""The rows of chunks: many to a statement, in transactions whose document is locked by its claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres import spaces
from sluice.adapters.postgres.database import Connection
from sluice.adapters.postgres.vectors import HalfVectors
from sluice.domain import Chunk, Claim, Vector, uuid7
from sluice.errors import DatabaseUnavailable
from sluice.languages import languages_of
from sluice.ports import OtherVectors

# Chunks per statement: one round trip and one count of words for all of them.
_BATCH = 256

Row = tuple[Chunk, Vector, Vector | None]


async def reuse(connection: Connection, claim: Claim, chunks: Sequence[Chunk]) -> list[DictRow]:
    """Copy what the document has already into the staged version; return the ordinals that are in place."""
    with _complete():
        cursor = await connection.execute(sql.query("documents", "reuse_chunks"), _owner(claim) | _places(chunks))
    return await cursor.fetchall()


async def insert(
    connection: Connection,
    claim: Claim,
    chunks: Sequence[Chunk],
    vectors: Sequence[Vector],
    *,
    model: str,
    other: OtherVectors | None = None,
) -> None:
    """Insert chunks with their vectors, pipelined; raise `EmbeddingModelSwitched` or `EmbeddingModelMismatch`."""
    found = await (await connection.execute(sql.query("embeddings", "lock_embedding_space"))).fetchall()
    space = spaces.of(found[0] if found else None)
    spaces.check_vectors(space, model, len(vectors[0]) if vectors else 0)
    others = other.vectors if other and other.model == space.other else [None] * len(chunks)
    rows = list(zip(chunks, vectors, others, strict=True))
    given = [_owner(claim) | _columns(batch, found[0]["vector_oid"]) for batch in _batches(rows)]
    with _complete():
        async with connection.cursor() as cursor:
            await cursor.executemany(sql.query("documents", "insert_chunks"), given)


@contextmanager
def _complete() -> Iterator[None]:
    """While a change of the embedding model ends, no chunk may lack its other vector."""
    try:
        yield
    except psycopg.errors.CheckViolation as error:
        raise DatabaseUnavailable("The embedding model is just being changed; try again in a moment.") from error


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _owner(claim: Claim) -> dict[str, object]:
    return {"tenant": claim.caller.tenant, "document_id": claim.document.id, "version": claim.version}


def _places(chunks: Sequence[Chunk]) -> dict[str, object]:
    return {
        "ids": [uuid7() for _ in chunks],
        "ordinals": [chunk.ordinal for chunk in chunks],
        "digests": [chunk.digest for chunk in chunks],
        "starts": [chunk.start for chunk in chunks],
        "ends": [chunk.end for chunk in chunks],
        "pages": [chunk.page for chunk in chunks],
    }


def _columns(rows: Sequence[Row], vector_oid: int) -> dict[str, object]:
    chunks = [chunk for chunk, _, _ in rows]
    return _places(chunks) | {
        "contents": [chunk.content for chunk in chunks],
        "headings": [chunk.heading for chunk in chunks],
        "languages": languages_of([chunk.content for chunk in chunks]),
        "embeddings": HalfVectors([vector for _, vector, _ in rows], vector_oid),
        "others": HalfVectors([other for _, _, other in rows], vector_oid),
    }
