"""The rows of chunks: many to a statement, in transactions whose document is locked by its claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Connection
from sluice.adapters.postgres.migrations import mismatch
from sluice.adapters.postgres.vectors import as_text
from sluice.domain import Chunk, Claim, Vector, uuid7
from sluice.errors import SchemaOutdated

# Chunks per statement: one round trip and one count of words for all of them.
_BATCH = 256

Row = tuple[Chunk, Vector]


async def reuse(connection: Connection, claim: Claim, chunks: Sequence[Chunk]) -> list[DictRow]:
    """Copy what the document has already into the staged version; return the ordinals that are in place."""
    cursor = await connection.execute(
        sql.query("documents", "reuse_chunks"),
        _owner(claim) | _places(chunks),
    )
    return await cursor.fetchall()


async def insert(
    connection: Connection, claim: Claim, chunks: Sequence[Chunk], vectors: Sequence[Vector], *, model: str
) -> None:
    """Insert chunks with their vectors, pipelined; raise `EmbeddingModelMismatch`."""
    await _check_model(connection, model, dimension=len(vectors[0]) if vectors else 0)
    batches = [_owner(claim) | _columns(batch) for batch in _batches(list(zip(chunks, vectors, strict=True)))]
    async with connection.cursor() as cursor:
        await cursor.executemany(sql.query("documents", "insert_chunks"), batches)


async def _check_model(connection: Connection, model: str, *, dimension: int) -> None:
    row = await (await connection.execute(sql.query("documents", "lock_embedding_space"))).fetchone()
    if row is None:
        raise SchemaOutdated
    if row["model"] != model or dimension not in (0, row["dimension"]):
        raise mismatch(
            stored=f"{row['model']} ({row['dimension']} dimensions)", configured=f"{model} ({dimension} dimensions)"
        )


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


def _columns(rows: Sequence[Row]) -> dict[str, object]:
    chunks = [chunk for chunk, _ in rows]
    return _places(chunks) | {
        "contents": [chunk.content for chunk in chunks],
        "headings": [chunk.heading for chunk in chunks],
        "embeddings": [as_text(vector) for _, vector in rows],
    }
