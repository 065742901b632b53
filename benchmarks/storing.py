"""How many chunks a second go beside those that are stored already, with every index in place?

The whole use case with texts and vectors that are ready, compared with langchain-postgres' PGVector and with a
row-by-row INSERT. Each round is one whole document, from the bucket until a search finds it. The ways take turns, and
the medians count. Beside the seconds, the processor time of the server and of this process is told: it depends less on
what else the machine does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import psycopg
from psycopg.types.numeric import Int4

from benchmarks.plain_ingestion import add_to_pgvector, insert_rows, open_pgvector
from benchmarks.retrieval.server import busy_seconds, say
from benchmarks.synthetic import Corpus
from local.postgres import Postgres
from sluice.adapters.postgres import indexes
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.adapters.postgres.vectors import HalfVector, register
from sluice.domain import Caller, DocumentStatus, EmbeddingUsage, ObjectRef, Vector
from sluice.events import IngestEnded
from sluice.holding import WHOLE
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import DocumentEmbedder, Embeddings
from sluice.testing.objects import InMemoryObjects, ScriptedParser

CALLER = Caller("benchmark")
MODEL = "test/hash"

DOCUMENTS = (384, 1_536)
"""Chunks of a document: a report of some 75 pages, and a book of 300. A page of prose makes five chunks."""

_NAMES = UUID(int=3)
_BATCH = 256
_SIZES = Sizes(
    document_bytes=1 << 30, chunk_characters=1_200, chunk_overlap=150, embedding_batch=_BATCH, claim_seconds=600.0
)
_CONNECTIONS = 2
_WAYS = ("sluice", "pgvector", "row_by_row")

Work = Callable[[], Awaitable[None]]


def server(folder: Path) -> Postgres:
    """A server whose indexes fit into memory, for every way alike."""
    return Postgres(folder, settings=("shared_buffers=2GB", "maintenance_work_mem=1GB", "max_wal_size=8GB"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What storing some chunks took, each in seconds."""

    elapsed: float
    server: float
    client: float


class Storing:
    """One server with the same chunks in two tables, ours and PGVector's, each with its indexes."""

    def __init__(self, url: str, corpus: Corpus, *, held: str = WHOLE) -> None:
        """Our index is to hold so much of each vector."""
        self._url = url
        self._corpus = corpus
        self._held = held

    def load(self) -> None:
        """Make both tables and their indexes, unless the server has them."""
        migrate(self._url, model=MODEL, dimension=self._corpus.dimension, held=self._held)
        self._pgvector = open_pgvector(self._url, self._corpus.dimension)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("set statement_timeout = 0")
            if connection.execute("select from chunk limit 1").fetchone() is None:
                register(connection.adapters)
                self._copy(connection)
                _execute(connection, *_FILL, *_INDEXES)
            held = connection.execute("select sluice_index_holds(to_regclass('chunk_by_embedding'))").fetchone()
            if held == (self._held,):
                return
            ours = f"create index chunk_by_embedding {indexes.over('embedding', self._held, self._corpus.dimension)}"
            _execute(connection, "drop index if exists chunk_by_embedding", ours, "select sluice_follow_index()")
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")  # what is unwritten would hold up the end of the server

    async def measure(self, documents: Sequence[int], rounds: int) -> dict[str, object]:
        """Store documents of each of these sizes in each way, in turns, and compare the medians."""
        return {
            "stored_before": self._corpus.size,
            "dimension": self._corpus.dimension,
            "index_holds": self._held,
            "rounds": rounds,
            "documents": [await self._documents(size, rounds) for size in documents],
        }

    async def _documents(self, size: int, rounds: int) -> dict[str, object]:
        # What is added to a server that is kept must not be there already.
        fresh = Corpus(size * rounds, self._corpus.dimension, seed=time.time_ns() % 2**32)
        blocks = [(vectors.tolist(), texts) for _, vectors, texts in fresh.blocks()]
        vectors: list[Vector] = [vector for block, _ in blocks for vector in block]
        texts = [text for _, block in blocks for text in block]
        spent: dict[str, list[Spent]] = {way: [] for way in _WAYS}
        for start in range(0, size * rounds, size):
            part = slice(start, start + size)
            for way, each in zip(_WAYS, await self._round(texts[part], vectors[part]), strict=True):
                spent[way].append(each)
                say(f"{size} chunks, {way}: {each.elapsed:.2f} s")
        return _compared(spent, size)

    async def _round(self, texts: Sequence[str], vectors: Sequence[Vector]) -> list[Spent]:
        async def pgvector() -> None:
            add_to_pgvector(self._pgvector, texts, vectors)

        async def row_by_row() -> None:
            insert_rows(self._url, texts, vectors)

        return [await self._ours(texts, vectors), await self._spent(pgvector), await self._spent(row_by_row)]

    async def _ours(self, texts: Sequence[str], vectors: Sequence[Vector]) -> Spent:
        """A document with a page for each text, from the bucket to the probe."""
        database = Database(self._url, size=_CONNECTIONS, timeout=60)
        await database.connect(_CONNECTIONS)
        ingesting, objects = use_case(database, PreparedEmbedder(dict(zip(texts, vectors, strict=True))))
        ref = await objects.write(f"{uuid4()}.txt", "\f".join(texts).encode())
        spent = await self._spent(lambda: ingest(ingesting, ref))
        await database.close()
        return spent

    async def _spent(self, work: Work) -> Spent:
        server, client, began = busy_seconds(self._url), time.process_time(), time.perf_counter()
        await work()
        elapsed, client = time.perf_counter() - began, time.process_time() - client
        return Spent(elapsed, busy_seconds(self._url) - server, client)

    def _copy(self, connection: psycopg.Connection) -> None:
        dimension = self._corpus.dimension
        connection.execute("drop index chunk_by_embedding, chunk_by_lexeme")
        connection.execute(f"create table staged (n integer, id uuid, content text, embedding halfvec({dimension}))")
        with connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, texts in self._corpus.blocks():
                for at, (vector, text) in enumerate(zip(vectors.tolist(), texts, strict=True), start=start):
                    copy.write_row((Int4(at), uuid5(_NAMES, str(at)), text, HalfVector(vector)))


@dataclass
class PreparedEmbedder:
    """Knows the vectors, so that no time goes into making them."""

    vectors: dict[str, Vector]
    model: str = MODEL

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        return Embeddings([self.vectors[text] for text in texts], EmbeddingUsage())


def use_case(database: Database, embedder: DocumentEmbedder) -> tuple[Ingesting, InMemoryObjects]:
    """Return ingestion into this database, and its bucket."""
    objects = InMemoryObjects()
    tools = Tools(PostgresDocuments(database), ScriptedParser(), embedder)
    passages = PostgresPassages(database, model=MODEL)
    return Ingesting(objects=objects, passages=passages, tools=tools, sizes=_SIZES), objects


async def ingest(ingesting: Ingesting, ref: ObjectRef) -> None:
    """Ingest an object to its end, which must be that it is ready."""
    async for event in ingesting.ingest(CALLER, ref):
        if isinstance(event, IngestEnded):
            assert event.document.status is DocumentStatus.READY, event.document


def _execute(connection: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        say(statement.split("\n")[0][:70])
        connection.execute(statement)


def _compared(spent: Mapping[str, Sequence[Spent]], size: int) -> dict[str, object]:
    rates = {way: size / statistics.median(each.elapsed for each in spent[way]) for way in _WAYS}
    # Whoever inserts row by row leaves no session to ask.
    cpu = {way: _cpu(spent[way], size) for way in ("sluice", "pgvector")}
    return {
        "chunks": size,
        "chunks_per_second": {way: round(rate) for way, rate in rates.items()},
        "cpu_ms_per_chunk": cpu,
        "sluice_times_pgvector": round(rates["sluice"] / rates["pgvector"], 2),
        "sluice_times_row_by_row": round(rates["sluice"] / rates["row_by_row"], 2),
        "pgvector_cpu_times_sluice": round(sum(cpu["pgvector"].values()) / sum(cpu["sluice"].values()), 2),
    }


def _cpu(spent: Sequence[Spent], size: int) -> dict[str, float]:
    return {
        "server": round(1000 * statistics.median(each.server for each in spent) / size, 2),
        "client": round(1000 * statistics.median(each.client for each in spent) / size, 2),
    }


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
    "create index on langchain_pg_embedding using hnsw (embedding vector_cosine_ops)",
]
