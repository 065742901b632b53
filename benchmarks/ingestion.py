"""How fast are documents read and stored, and how much is embedded again, against the plain ways?

    python -m benchmarks.ingestion --chunks 100000 --pdf FILE...

Reading is compared with pypdf: see `benchmarks.reading`. Storing is the whole use case with texts and vectors that are
ready, compared with a row-by-row INSERT and with langchain-postgres' PGVector, each into a table that holds `--chunks`
chunks with its index in place. Embedding calls are counted, not timed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
from psycopg.types.numeric import Int4

from benchmarks.plain_ingestion import add_to_pgvector, insert_rows, open_pgvector
from benchmarks.reading import reading
from benchmarks.report import write_json
from benchmarks.synthetic import Corpus
from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.adapters.postgres.vectors import HalfVector, register
from sluice.domain import Caller, DocumentStatus, EmbeddingUsage, ObjectRef, Vector
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import DocumentEmbedder, Embeddings
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser

CALLER = Caller("benchmark")
MODEL = "test/hash"
NAMES = UUID(int=3)
BATCH = 256
SIZES = Sizes(
    document_bytes=1 << 30, chunk_characters=1_200, chunk_overlap=150, embedding_batch=BATCH, claim_seconds=600.0
)


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


# --- Storing


class Storing:
    """One server with the same chunks in two tables, ours and PGVector's, each with its index."""

    def __init__(self, server: Postgres, corpus: Corpus, added: int) -> None:
        self._url = server.url()
        self._corpus = corpus
        fresh = Corpus(added, corpus.dimension, seed=corpus.seed + 1)
        blocks = [(vectors.tolist(), texts) for _, vectors, texts in fresh.blocks()]
        self._vectors: list[Vector] = [vector for vectors, _ in blocks for vector in vectors]
        self._texts = [text for _, texts in blocks for text in texts]

    def load(self) -> None:
        """Make both tables and their indexes."""
        migrate(self._url, model=MODEL, dimension=self._corpus.dimension)
        self._pgvector = open_pgvector(self._url, self._corpus.dimension)
        with psycopg.connect(self._url, autocommit=True) as connection:
            register(connection.adapters)
            connection.execute("set statement_timeout = 0")
            connection.execute("set maintenance_work_mem = '1GB'")
            self._copy(connection)
            for statement in _FILL + _INDEXES:
                say(statement.split("\n")[0][:70])
                connection.execute(statement)
            connection.execute("vacuum analyze")

    def _copy(self, connection: psycopg.Connection) -> None:
        dimension = self._corpus.dimension
        connection.execute("drop index chunk_by_embedding, chunk_by_lexeme")
        connection.execute(f"create table staged (n integer, id uuid, content text, embedding halfvec({dimension}))")
        with connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, texts in self._corpus.blocks():
                for at, (vector, text) in enumerate(zip(vectors.tolist(), texts, strict=True), start=start):
                    copy.write_row((Int4(at), uuid5(NAMES, str(at)), text, HalfVector(vector)))

    async def measure(self, rounds: int) -> dict[str, object]:
        """Store a part of the fresh chunks in each way, in turns, and compare the medians."""
        size = len(self._texts) // rounds
        times: dict[str, list[float]] = {"sluice": [], "pgvector": [], "row_by_row": []}
        for number in range(rounds):
            part = slice(number * size, (number + 1) * size)
            texts, vectors = self._texts[part], self._vectors[part]
            began = time.perf_counter()
            await self._ours(number, texts, vectors)
            times["sluice"].append(time.perf_counter() - began)
            began = time.perf_counter()
            add_to_pgvector(self._pgvector, texts, vectors)
            times["pgvector"].append(time.perf_counter() - began)
            began = time.perf_counter()
            insert_rows(self._url, texts, vectors)
            times["row_by_row"].append(time.perf_counter() - began)
            say(f"round {number + 1}: " + ", ".join(f"{way} {each[-1]:.2f} s" for way, each in times.items()))
        rates = {way: size / statistics.median(each) for way, each in times.items()}
        return {
            "stored_before": self._corpus.size,
            "dimension": self._corpus.dimension,
            "chunks_a_round": size,
            "chunks_per_second": {way: round(rate) for way, rate in rates.items()},
            "sluice_times_pgvector": round(rates["sluice"] / rates["pgvector"], 2),
            "sluice_times_row_by_row": round(rates["sluice"] / rates["row_by_row"], 2),
        }

    async def _ours(self, number: int, texts: Sequence[str], vectors: Sequence[Vector]) -> None:
        """A document with a page for each text, from the bucket to the probe."""
        database = Database(self._url, size=2, timeout=60)
        prepared = PreparedEmbedder(dict(zip(texts, vectors, strict=True)))
        ingesting, objects = use_case(database, prepared)
        await ingest(ingesting, await objects.write(f"{number}.txt", "\f".join(texts).encode()))
        await database.close()


@dataclass
class PreparedEmbedder:
    """Knows the vectors, so that no time goes into making them."""

    vectors: dict[str, Vector]
    model: str = MODEL

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        return Embeddings([self.vectors[text] for text in texts], EmbeddingUsage())


def use_case(database: Database, embedder: DocumentEmbedder) -> tuple[Ingesting, InMemoryObjects]:
    objects = InMemoryObjects()
    tools = Tools(PostgresDocuments(database), ScriptedParser(), embedder)
    passages = PostgresPassages(database, model=MODEL)
    return Ingesting(objects=objects, passages=passages, tools=tools, sizes=SIZES), objects


async def ingest(ingesting: Ingesting, ref: ObjectRef) -> None:
    async for event in ingesting.ingest(CALLER, ref):
        if isinstance(event, IngestEnded):
            assert event.document.status is DocumentStatus.READY, event.document


_FILL = [
    """insert into document (id, tenant, collection, source, title, status, version)
       values (uuidv7(), 'benchmark', 'default', 's3://b/k', 't', 'ready', uuidv7())""",
    """insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset,
           lexemes, term_weights, embedding)
       select read.id, tenant, document.id, version, n, read.id, content, 0, length(content), lexemes,
           sluice_term_weights(lexemes, 120), embedding
       from (select *, sluice_lexemes('english', content) as lexemes from staged) as read, document""",
    """insert into langchain_pg_embedding (id, collection_id, embedding, document, cmetadata)
       select staged.id::text, uuid, embedding::vector, content, jsonb_build_object('page', n)
       from staged, langchain_pg_collection""",
    "drop table staged",
]
_INDEXES = [
    "create index chunk_by_lexeme on chunk using gin (lexemes)",
    "create index chunk_by_embedding on chunk using hnsw (embedding halfvec_cosine_ops)",
    "create index on langchain_pg_embedding using hnsw (embedding vector_cosine_ops)",
]


# --- Ingesting again


async def again(url: str, dimension: int) -> dict[str, object]:
    """Ingest a document of 100 pages, then unchanged, then with one page edited; count what is embedded."""
    database, embedder = Database(url, size=2, timeout=60), HashEmbedder(dimension, MODEL)
    ingesting, objects = use_case(database, embedder)
    pages = [" ".join(f"Sentence {line} of page {page} is its own." for line in range(90)) for page in range(100)]
    counts = []
    for edited in (None, None, 50):
        if edited is not None:
            pages[edited] = "Somebody has written this page anew. " + pages[edited]
        ref = await objects.write("long.txt", "\f".join(pages).encode())
        before = len(embedder.texts)
        await ingest(ingesting, ref)
        counts.append(len(embedder.texts) - before)
    await database.close()
    first, unchanged, one_page = counts
    return {
        "chunks": first,
        "embedded_when_unchanged": unchanged,
        "embedded_after_one_page_of_100": one_page,
        "share_after_one_page": round(one_page / first, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--chunks", type=int, default=100_000, help="stored before storing is measured; 0 for only reading"
    )
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--added", type=int, default=3_072, help="chunks stored in all, in three rounds")
    parser.add_argument("--pdf", type=Path, nargs="*", default=[], help="files to read beside those that are made")
    options = parser.parse_args()
    logging.disable()  # pypdf has much to say
    read = reading(options.pdf)
    say(str(read))
    write_json("ingestion_reading", read)
    if not options.chunks:
        return
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder)) as server:
        storing = Storing(server, Corpus(options.chunks, options.dimension), options.added)
        storing.load()
        stored = asyncio.run(storing.measure(rounds=3))
        say(str(stored))
        repeated = asyncio.run(again(server.url(), options.dimension))
        say(str(repeated))
    write_json(f"ingestion_storing_{options.chunks}", {"storing": stored, "ingesting_again": repeated})


if __name__ == "__main__":
    main()
