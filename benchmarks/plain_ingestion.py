"""The plain ways to take documents in from Python: pypdf, a row-by-row INSERT, and langchain-postgres' PGVector."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence

import psycopg
from langchain_core.embeddings import Embeddings
from langchain_postgres import PGVector
from pypdf import PdfReader

from sluice.domain import Vector

logging.getLogger("pypdf").setLevel(logging.ERROR)  # writing its warnings down would count as its reading


def read_pdf(body: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def insert_rows(url: str, texts: Sequence[str], vectors: Sequence[Vector]) -> None:
    """Insert one row after the other into PGVector's table, each a transaction, as a first script does."""
    with psycopg.connect(url, autocommit=True) as connection:
        for text, vector in zip(texts, vectors, strict=True):
            connection.execute(
                "insert into langchain_pg_embedding (id, document, embedding) values (gen_random_uuid()::text, %s, %s)",
                [text, str(vector)],
            )


class _NoEmbeddings(Embeddings):
    """PGVector wants an embedder, and is given vectors; asking this one would measure something else."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise AssertionError("the benchmark brings its own vectors")

    def embed_query(self, text: str) -> list[float]:
        raise AssertionError("the benchmark brings its own vectors")


def open_pgvector(url: str, dimension: int) -> PGVector:
    """Return the store with its tables made; no time-out of ours ends its one long statement."""
    return PGVector(
        _NoEmbeddings(),
        connection=url.replace("postgresql://", "postgresql+psycopg://") + "?options=-c%20statement_timeout%3D0",
        embedding_length=dimension,
        collection_name="benchmark",
    )


def add_to_pgvector(store: PGVector, texts: Sequence[str], vectors: Sequence[Vector]) -> None:
    """Add everything in one call, which is its fastest way."""
    places = [{"page": number, "source": "s3://b/k"} for number in range(len(texts))]
    store.add_embeddings(list(texts), [list(vector) for vector in vectors], places)
