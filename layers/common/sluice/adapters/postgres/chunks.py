"""The rows of chunks: many to a statement, which writes them while the claim holds their document, or none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from sluice import sql
from sluice.adapters.postgres.database import Statement
from sluice.adapters.postgres.vectors import HalfVectors
from sluice.domain import Chunk, Claim, Vector, uuid7
from sluice.errors import DatabaseUnavailable
from sluice.languages import languages_of
from sluice.ports import Embeddings

# Chunks per statement: one round trip and one count of words for all of them.
_BATCH = 256

Row = tuple[Chunk, Vector, Vector | None]


def reuse(claim: Claim, chunks: Sequence[Chunk]) -> Statement:
    """Return what copies into the staged version the chunks that the tenant has; its rows tell what is in place."""
    return sql.query("documents", "reuse_chunks"), _owner(claim) | _places(chunks)


def insert(claim: Claim, chunks: Sequence[Chunk], embeddings: Embeddings, vector_oid: int) -> list[Statement]:
    """Return what inserts the chunks: statements of one transaction, each of which says in one row whether it has."""
    other = embeddings.other
    rows = list(zip(chunks, embeddings.vectors, other.vectors if other else [None] * len(chunks), strict=True))
    given = _owner(claim) | {
        "model": embeddings.model,
        "dimension": dimension(embeddings),
        "other_model": other and other.model,
    }
    statement = sql.query("documents", "insert_chunks")
    return [(statement, given | _columns(batch, vector_oid)) for batch in _batches(rows)]


def dimension(embeddings: Embeddings) -> int:
    """Return how many numbers a vector has; 0 where there is none."""
    return len(embeddings.vectors[0]) if embeddings.vectors else 0


@contextmanager
def complete() -> Iterator[None]:
    """While a change of the embedding model ends, no chunk may lack its other vector."""
    try:
        yield
    except psycopg.errors.CheckViolation as error:
        raise DatabaseUnavailable("The embedding model is just being changed; try again in a moment.") from error


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _owner(claim: Claim) -> dict[str, object]:
    return {
        "tenant": claim.caller.tenant,
        "document_id": claim.document.id,
        "claim": claim.token,
        "version": claim.version,
    }


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
