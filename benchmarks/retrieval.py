"""How fast is the search, at equal recall, against the plain way of searching with pgvector?

The plain way is what most projects begin with: `vector` columns in single precision, an HNSW index with its defaults,
`ORDER BY embedding <=> ... LIMIT` through SQLAlchemy's asyncio. Both search the same synthetic chunks on the same
server; each gets the smallest `hnsw.ef_search` that reaches the recall asked for. The ways take turns, several times,
and the medians count.

    python -m benchmarks.retrieval --chunks 100000
    python -m benchmarks.retrieval --chunks 1000000 --ours-only --data /some/roomy/folder
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median_low
from uuid import UUID, uuid5

import psycopg
from psycopg.types.numeric import Int4

from benchmarks.plain_pgvector import PlainPgvector
from benchmarks.synthetic import Corpus, Matrix
from local.evaluation.metrics import percentile
from local.postgres import Postgres
from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.adapters.postgres.vectors import HalfVector
from sluice.domain import Caller, Filter, Weights
from sluice.searching import Searching

DEPTH = 10
CALLER = Caller("benchmark")
EVERYWHERE = Filter()
MODEL = "benchmark/synthetic"
DOCUMENT, VERSION, NAMES = UUID(int=1), UUID(int=2), UUID(int=3)
EF_SEARCH = (20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 1000)
# As the migration has it.
_OUR_INDEX = "create index chunk_by_embedding on chunk using hnsw (embedding halfvec_cosine_ops)"
_PLAIN_INDEX = "create index plain_by_embedding on plain using hnsw (embedding vector_cosine_ops)"
RESULTS = Path(__file__).parent / "results"

Ask = Callable[[int], Awaitable[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of searching; times are milliseconds as the caller sees them."""

    way: str
    ef_search: int
    recall_at_10: float
    p50_ms: float
    p95_ms: float
    queries_per_second_1: float
    queries_per_second_8: float


class Bench:
    """One server with the tables of both ways, or of ours only, and the queries with their true answers."""

    def __init__(
        self, server: Postgres, corpus: Corpus, queries: int, recall: float, *, with_plain: bool = True
    ) -> None:
        self.server = server
        self.corpus = corpus
        self.recall = recall
        self.with_plain = with_plain
        self.url = server.url()
        self.vectors, self.texts = corpus.queries(queries)
        self.facts: dict[str, object] = {}

    def store(self) -> None:
        """Store and index the chunks, unless the server has them."""
        dimension = self.corpus.dimension
        migrate(self.url, model=MODEL, dimension=dimension)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("set statement_timeout = 0")
            if connection.execute("select from document limit 1").fetchone() is None:
                self._load(connection)
            self._index(connection)

    async def run(self, rounds: int) -> list[Measured]:
        """Return the medians of our dense, hybrid and lexical search, and of the plain way."""
        self.store()
        say("finding the true neighbours")
        self.truth = self.corpus.nearest(self.vectors, DEPTH)
        ef_search = await self._smallest_ef_search("sluice dense", self._ours(Weights(1, 0)))
        ways = [
            ("sluice dense", ef_search, self._ours(Weights(1, 0))),
            ("sluice hybrid", ef_search, self._ours(Weights(1, 1))),
            ("sluice lexical", ef_search, self._ours(Weights(0, 1))),
        ]
        if self.with_plain:
            ways.append(("plain pgvector", await self._smallest_ef_search("plain pgvector", self._plain), self._plain))
        measured = [[await self._measure(*way) for way in ways] for _ in range(rounds)]
        await self._overhead(ef_search)
        return [_medians(each) for each in zip(*measured, strict=True)]

    def _load(self, connection: psycopg.Connection) -> None:
        """Copy the chunks in, then make both ways' tables of them."""
        dimension = self.corpus.dimension
        connection.execute("drop index chunk_by_embedding, chunk_by_lexeme")
        connection.execute(f"create table staged (n integer, id uuid, content text, embedding halfvec({dimension}))")
        with connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, texts in self.corpus.blocks():
                for at, (vector, text) in enumerate(zip(vectors.tolist(), texts, strict=True), start=start):
                    copy.write_row((Int4(at), uuid5(NAMES, str(at)), text, HalfVector(vector)))
                say(f"copied {start + len(texts)} of {self.corpus.size}")
        connection.execute(
            "insert into document (id, tenant, collection, source, title, status, version) "
            "values (%s, %s, 'default', 's3://b/k', 't', 'ready', %s)",
            [DOCUMENT, CALLER.tenant, VERSION],
        )
        connection.execute("insert into spoken_language values (%s, 'english')", [CALLER.tenant])
        say("computing the words' weights")
        began = time.perf_counter()
        connection.execute(
            "insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset, "
            "page, lexemes, term_weights, embedding) "
            "select id, %s, %s, %s, n, id, content, 0, length(content), n, lexemes, "
            "sluice_term_weights(lexemes, 120), embedding "
            "from (select *, sluice_lexemes('english', content) as lexemes from staged) as read",
            [CALLER.tenant, DOCUMENT, VERSION],
        )
        connection.execute(sql.query("documents", "fold_lexeme_changes"), {"tenant": CALLER.tenant, "most": 0})
        self.facts["chunks_per_second_stored_without_index"] = round(self.corpus.size / (time.perf_counter() - began))
        if self.with_plain:
            connection.execute(
                f"create table plain (id integer primary key, content text, embedding vector({dimension}))"
            )
            connection.execute("insert into plain select n, content, embedding::vector from staged")
        connection.execute("drop table staged")

    def _index(self, connection: psycopg.Connection) -> None:
        connection.execute("create index if not exists chunk_by_lexeme on chunk using gin (lexemes)")
        indexes = {"chunk_by_embedding": _OUR_INDEX} | ({"plain_by_embedding": _PLAIN_INDEX} if self.with_plain else {})
        for name, statement in indexes.items():
            if connection.execute("select to_regclass(%s)", [name]).fetchone() == (None,):
                say(f"building {name}")
                began = time.perf_counter()
                connection.execute(statement)
                self.facts[f"{name}_build_seconds"] = round(time.perf_counter() - began, 1)
            [size] = connection.execute("select pg_relation_size(%s::regclass)", [name]).fetchone() or [0]
            self.facts[f"{name}_bytes"] = size
        connection.execute("vacuum analyze")

    async def _smallest_ef_search(self, way: str, asking: Callable[[], Awaitable[_Way]]) -> int:
        """Return the smallest `ef_search` that reaches the recall; the largest if none does."""
        for ef_search in EF_SEARCH:
            measured = await self._recall(ef_search, asking)
            say(f"{way}: ef_search {ef_search}, recall {measured:.4f}")
            if measured >= self.recall:
                break
        return ef_search

    async def _recall(self, ef_search: int, asking: Callable[[], Awaitable[_Way]]) -> float:
        self._set(ef_search)
        way = await asking()
        found = [await way.ask(number) for number in range(len(self.vectors))]
        await way.close()
        return self._share(found)

    async def _measure(self, name: str, ef_search: int, asking: Callable[[], Awaitable[_Way]]) -> Measured:
        say(f"measuring {name}")
        self._set(ef_search)
        way = await asking()
        numbers = range(len(self.vectors))
        found, times = [], []
        for number in numbers:
            began = time.perf_counter()
            found.append(await way.ask(number))
            times.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        await asyncio.gather(*(_ask_all(way.ask, numbers[client::8]) for client in range(8)))
        at_8 = len(numbers) / (time.perf_counter() - began)
        await way.close()
        return Measured(
            way=name,
            ef_search=ef_search,
            recall_at_10=round(self._share(found), 4),
            p50_ms=round(percentile(times, 0.5), 2),
            p95_ms=round(percentile(times, 0.95), 2),
            queries_per_second_1=round(1000 * len(times) / sum(times), 1),
            queries_per_second_8=round(at_8, 1),
        )

    async def _overhead(self, ef_search: int) -> None:
        """Compare the search use case with its own statement on the same connection."""
        self._set(ef_search)
        database = Database(self.url, size=1, timeout=60)
        passages = PostgresPassages(database, model=MODEL, weights=Weights(1, 0))
        searching = Searching(embedder=Ready(self.vectors), passages=passages)
        bare, whole = [], []
        for number, vector in enumerate(self.vectors.tolist()):
            plan = passages.plan(CALLER, "q", vector, limit=DEPTH, where=EVERYWHERE)
            began = time.perf_counter()
            await database.fetch(plan.statement, plan.parameters)
            middle = time.perf_counter()
            await searching.search(CALLER, str(number), limit=DEPTH, where=EVERYWHERE)
            bare.append(1000 * (middle - began))
            whole.append(1000 * (time.perf_counter() - middle))
        await database.close()
        self.facts["use_case_overhead_p50_ms"] = round(percentile(whole, 0.5) - percentile(bare, 0.5), 3)

    def _ours(self, weights: Weights) -> Callable[[], Awaitable[_Way]]:
        async def open_way() -> _Way:
            database = Database(self.url, size=8, timeout=60)
            passages = PostgresPassages(database, model=MODEL, weights=weights)
            vectors = self.vectors.tolist()

            async def ask(number: int) -> list[int]:
                found = await passages.search(
                    CALLER, self.texts[number], vectors[number], limit=DEPTH, where=EVERYWHERE
                )
                return [passage.page or 0 for passage in found]

            return _Way(ask, database.close)

        return open_way

    async def _plain(self) -> _Way:
        plain = PlainPgvector(self.url, self.corpus.dimension)
        vectors = self.vectors.tolist()

        async def ask(number: int) -> list[int]:
            return await plain.search(vectors[number], DEPTH)

        return _Way(ask, plain.close)

    def _set(self, ef_search: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("select '[0]'::vector")
            connection.execute(f"alter role sluice in database sluice set hnsw.ef_search = {ef_search}")

    def _share(self, found: Sequence[Sequence[int]]) -> float:
        """Return recall@10 over all queries."""
        hits = [len(set(each) & set(true)) for each, true in zip(found, self.truth.tolist(), strict=True)]
        return sum(hits) / (DEPTH * len(hits))


@dataclass(frozen=True, slots=True)
class _Way:
    ask: Ask
    close: Callable[[], Awaitable[None]]


class Ready:
    """An embedder that has the vectors already; the text is the query's number."""

    model = MODEL

    def __init__(self, vectors: Matrix) -> None:
        self._vectors = vectors.tolist()

    async def embed(self, texts: Sequence[str], *, purpose: str) -> list[list[float]]:
        return [self._vectors[int(text)] for text in texts]


async def _ask_all(ask: Ask, numbers: Sequence[int]) -> None:
    for number in numbers:
        await ask(number)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def ratios(measured: Sequence[Measured], facts: dict[str, object]) -> dict[str, float]:
    """Return what the comparison comes to; above 1 is better where it says `times`."""
    dense, hybrid, _, *others = measured
    against_dense = {"hybrid_p50_of_dense_p50": round(hybrid.p50_ms / dense.p50_ms, 2)}
    if not others:
        return against_dense
    [plain] = others
    return against_dense | {
        "dense_queries_per_second_times_plain_at_1": round(dense.queries_per_second_1 / plain.queries_per_second_1, 2),
        "dense_queries_per_second_times_plain_at_8": round(dense.queries_per_second_8 / plain.queries_per_second_8, 2),
        "index_size_of_plain": round(
            float(str(facts["chunk_by_embedding_bytes"])) / float(str(facts["plain_by_embedding_bytes"])), 3
        ),
    }


def _medians(rounds: Sequence[Measured]) -> Measured:
    """Return the medians of a way's rounds, each number by itself."""
    middle = {field.name: median_low(getattr(each, field.name) for each in rounds) for field in fields(Measured)[1:]}
    return Measured(rounds[0].way, **middle)


def roomy_server(folder: Path) -> Postgres:
    """A server whose indexes fit into memory, for both ways alike."""
    settings = ("shared_buffers=6GB", "maintenance_work_mem=8GB", "max_wal_size=16GB")
    return Postgres(folder, durable=False, settings=settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=1536)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--recall", type=float, default=0.97, help="what both ways must reach (default 0.97)")
    parser.add_argument("--data", type=Path, help="keep the loaded server in this folder, and use it if it is there")
    parser.add_argument("--rounds", type=int, default=3, help="medians of so many rounds are told (default 3)")
    parser.add_argument("--ours-only", action="store_true", help="leave the plain way out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, roomy_server(arguments.data or Path(folder)) as server:
        corpus = Corpus(arguments.chunks, arguments.dimension)
        bench = Bench(server, corpus, arguments.queries, arguments.recall, with_plain=not arguments.ours_only)
        measured = asyncio.run(bench.run(arguments.rounds))
    result = {
        "chunks": arguments.chunks,
        "dimension": arguments.dimension,
        **bench.facts,
        "ways": [asdict(way) for way in measured],
        "ratios": ratios(measured, bench.facts),
    }
    RESULTS.joinpath(f"retrieval_{arguments.chunks}.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
