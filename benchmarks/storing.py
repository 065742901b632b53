"""How many chunks a second go beside those that are stored already, with every index in place?

The whole use case with texts and vectors that are ready, compared with langchain-postgres' PGVector and with a
row-by-row INSERT. What is stored are whole documents, from the bucket until a search finds them, one after the other.
Every way keeps its connections; the ways take turns, of which small documents fill one together, and the medians count.
Beside the seconds, the processor time of the server and of this process is told: it depends less on what else the
machine does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
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

DOCUMENTS = (8, 384, 1_536)
"""Chunks of a document: a letter, a report of some 75 pages, a book of 300. A page of prose makes five chunks."""

# As many small documents make a turn: one alone takes too short to be measured.
_CHUNKS_A_TURN = 800

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document as it is stored: texts and their vectors."""

    texts: Sequence[str]
    vectors: Sequence[Vector]


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
        database = Database(self._url, size=_CONNECTIONS, timeout=60)
        await database.connect(_CONNECTIONS)
        measured = [await self._documents(database, size, rounds) for size in documents]
        await database.close()
        return {
            "stored_before": self._corpus.size,
            "dimension": self._corpus.dimension,
            "index_holds": self._held,
            "rounds": rounds,
            "documents": measured,
        }

    async def _documents(self, database: Database, size: int, rounds: int) -> dict[str, object]:
        together = max(1, _CHUNKS_A_TURN // size)
        spent: dict[str, list[Spent]] = {way: [] for way in _WAYS}
        for number, turn in enumerate(self._turns(size, together, rounds)):
            for way, each in zip(_WAYS, await self._round(database, turn), strict=True):
                if number:  # at first the sessions of every way are new
                    spent[way].append(each)
                    say(f"{together} of {size} chunks, {way}: {each.elapsed:.2f} s")
        return _compared(spent, size, together)

    def _turns(self, size: int, together: int, rounds: int) -> Iterator[list[Prepared]]:
        """Yield the documents of one turn more than there are rounds; no server that is kept has them already."""
        for _ in range(1 + rounds):
            fresh = Corpus(size * together, self._corpus.dimension, seed=time.time_ns() % 2**32)
            blocks = [(texts, vectors.tolist()) for _, vectors, texts in fresh.blocks()]
            texts = [text for block, _ in blocks for text in block]
            vectors = [vector for _, block in blocks for vector in block]
            parts = [slice(start, start + size) for start in range(0, len(texts), size)]
            yield [Prepared(texts[part], vectors[part]) for part in parts]

    async def _round(self, database: Database, documents: Sequence[Prepared]) -> list[Spent]:
        async def pgvector() -> None:
            for each in documents:
                add_to_pgvector(self._pgvector, each.texts, each.vectors)

        async def row_by_row() -> None:
            for each in documents:
                insert_rows(self._url, each.texts, each.vectors)

        return [await self._ours(database, documents), await self._spent(pgvector), await self._spent(row_by_row)]

    async def _ours(self, database: Database, documents: Sequence[Prepared]) -> Spent:
        """Documents with a page for each text, from the bucket to the probe."""
        known = {text: vector for each in documents for text, vector in zip(each.texts, each.vectors, strict=True)}
        ingesting, objects = use_case(database, PreparedEmbedder(known))
        refs = [await objects.write(f"{uuid4()}.txt", "\f".join(each.texts).encode()) for each in documents]

        async def ours() -> None:
            for ref in refs:
                await ingest(ingesting, ref)

        return await self._spent(ours)

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


def _compared(spent: Mapping[str, Sequence[Spent]], size: int, together: int) -> dict[str, object]:
    chunks = size * together
    rates = {way: chunks / statistics.median(each.elapsed for each in spent[way]) for way in _WAYS}
    # Whoever inserts row by row leaves no session to ask.
    cpu = {way: _cpu(spent[way], chunks) for way in ("sluice", "pgvector")}
    return {
        "chunks": size,
        "documents_a_round": together,
        "ms_per_document": {way: round(1000 * size / rate, 1) for way, rate in rates.items()},
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
    # Reports of 384 chunks: of how few documents there are, the planner concludes how many chunks each has.
    """insert into document (id, tenant, collection, source, title, status, version)
        select uuidv7(), 'benchmark', 'default', 's3://b/' || number, 't', 'ready', uuidv7()
        from generate_series(0, (select max(n) / 384 from staged)) as number""",
    """insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset,
            lexemes, term_weights, embedding)
        select read.id, tenant, document.id, version, n, read.id, content, 0, length(content), lexemes,
            sluice_term_weights(lexemes, 120), embedding
        from (select *, sluice_lexemes('english', content) as lexemes from staged) as read
        join document on source = 's3://b/' || n / 384""",
    """insert into langchain_pg_embedding (id, collection_id, embedding, document, cmetadata)
       select staged.id::text, uuid, embedding::vector, content, jsonb_build_object('page', n)
       from staged, langchain_pg_collection""",
    "drop table staged",
]
_INDEXES = [
    "create index chunk_by_lexeme on chunk using gin (lexemes)",
    "create index on langchain_pg_embedding using hnsw (embedding vector_cosine_ops)",
]
