"""What do indexes cost and save that hold less than the vectors: their signs, or their first numbers?

All index the same chunks in bare tables. The lesser ones only preselect: what they find is ranked anew by the whole
vectors. Times are the server's CPU time, which other work on the machine changes least.

The numbers of the synthetic vectors are in no order, so that their first ones are as good as any others. Models that
are trained for it (Matryoshka) put what matters most first: for them this is the worst case.

    python -m benchmarks.preselecting --dimension 1536 --first 384 512 768
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.types.numeric import Int4

from benchmarks import report
from benchmarks.retrieval.server import roomy_server, say
from benchmarks.synthetic import Corpus, Numbers
from sluice.adapters.postgres.vectors import HalfVector, register

DEPTH = 10
_ADDED, _QUERIES, _ROUNDS = 2_000, 200, 2
_QUERY = "%(vector)s::halfvec"
_NEAREST = """
select n from (select n, embedding from {table} order by {order} limit {preselected}) as nearby
order by embedding <=> %(vector)s::halfvec limit 10
"""
_WHOLE_EF_SEARCH = (60, 80, 100, 150, 200, 400)
_PRESELECTED = (50, 100, 150, 200, 400)
_SIGNS_EF_SEARCH = 2  # times as many as are preselected: by signs many chunks are equally near


@dataclass(frozen=True, slots=True)
class Index:
    """An index of its own table: what of a vector it holds, as an expression, and how that is compared."""

    name: str
    held: str
    operators: str = "halfvec_cosine_ops"
    operator: str = "<=>"
    cast: str = ""

    def of(self, vector: str) -> str:
        return self.held.format(vector) + self.cast

    @property
    def searches(self) -> list[tuple[int, int]]:
        """Each `hnsw.ef_search` that is tried with how many chunks are ranked anew, 0 for none."""
        if self.name == "whole":
            return [(ef_search, 0) for ef_search in _WHOLE_EF_SEARCH]
        return [(most * (_SIGNS_EF_SEARCH if self.name == "signs" else 1), most) for most in _PRESELECTED]

    def statement(self, preselected: int) -> str:
        order = f"{self.of('embedding')} {self.operator} {self.of(_QUERY)}"
        return _NEAREST.format(table=self.name, order=order, preselected=preselected or DEPTH)


def indexes(dimension: int, first: Sequence[int]) -> list[Index]:
    """Return the indexes that are compared."""
    shorter = [Index(f"first_{n}", f"(subvector({{}}, 1, {n}))", cast=f"::halfvec({n})") for n in first]
    signs = Index("signs", "(binary_quantize({}))", "bit_hamming_ops", "<~>", f"::bit({dimension})")
    return [Index("whole", "{}"), *shorter, signs]


@dataclass(frozen=True, slots=True)
class Searched:
    """One way of searching; `preselected` is 0 where nothing is ranked anew."""

    index: str
    ef_search: int
    preselected: int
    recall_at_10: float
    cpu_ms: float


class Bench:
    """A server's session with the chunks of a corpus in it, some of them not indexed yet."""

    def __init__(self, connection: psycopg.Connection, corpus: Corpus) -> None:
        self._connection = connection
        self._corpus = corpus
        self._indexed = corpus.size - _ADDED
        self._process = psutil.Process(connection.info.backend_pid)

    def store(self) -> None:
        """Copy the chunks in."""
        self._connection.execute(f"create table staged (n integer, embedding halfvec({self._corpus.dimension}))")
        with self._connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, _ in self._corpus.blocks():
                for at, vector in enumerate(vectors.tolist(), start=start):
                    copy.write_row((Int4(at), HalfVector(vector)))

    def build(self, index: Index) -> dict[str, Any]:
        """Return what building the index takes, what adding to it takes, and its size."""
        say(f"building {index.name}")
        chunks, table = "select * from staged where n", index.name
        self._connection.execute(f"create table {table} as {chunks} < {self._indexed}")
        create = f"create index by_{table} on {table} using hnsw (({index.of('embedding')}) {index.operators})"
        building = self._cpu(lambda: self._connection.execute(create))
        row = self._connection.execute("select pg_relation_size(%s::regclass)", [f"by_{table}"]).fetchone()
        adding = self._cpu(lambda: self._connection.execute(f"insert into {table} {chunks} >= {self._indexed}"))
        self._connection.execute(f"vacuum analyze {table}")
        return {
            "index": index.name,
            "building_cpu_s": round(building, 1),
            "adding_cpu_ms_per_chunk": round(adding / _ADDED * 1000, 2),
            "size_mib": round((row[0] if row else 0) / 2**20),
        }

    def search(self, index: Index, queries: Sequence[HalfVector], truth: Numbers) -> list[Searched]:
        """Return the recall of each way to search through the index, and what it takes."""
        return [self._search(index, *way, queries, truth) for way in index.searches]

    def _search(
        self, index: Index, ef_search: int, preselected: int, queries: Sequence[HalfVector], truth: Numbers
    ) -> Searched:
        self._connection.execute(f"set hnsw.ef_search = {ef_search}")
        statement = index.statement(preselected)
        found = [self._find(statement, query) for query in queries]
        hits = sum(len(set(one) & set(true)) for one, true in zip(found, truth.tolist(), strict=True))
        spent = self._cpu(lambda: [self._find(statement, query) for _ in range(_ROUNDS) for query in queries])
        recall = round(hits / DEPTH / len(queries), 3)
        return Searched(index.name, ef_search, preselected, recall, round(spent / _ROUNDS / len(queries) * 1000, 2))

    def _find(self, statement: str, query: HalfVector) -> list[int]:
        return [n for (n,) in self._connection.execute(statement, {"vector": query}).fetchall()]

    def _cpu(self, work: Callable[[], object]) -> float:
        before = self._process.cpu_times()
        work()
        after = self._process.cpu_times()
        return after.user - before.user + after.system - before.system


def run(connection: psycopg.Connection, chunks: int, dimension: int, first: Sequence[int]) -> dict[str, Any]:
    """Return the costs of all indexes and the searches through them."""
    register(connection.adapters)
    connection.execute("create extension if not exists vector")
    connection.execute("set maintenance_work_mem = '2GB'")
    connection.execute("set max_parallel_maintenance_workers = 0")  # else the CPU time is that of other processes
    corpus = Corpus(chunks, dimension)
    bench = Bench(connection, corpus)
    bench.store()
    say("finding the true neighbours")
    vectors, _ = corpus.queries(_QUERIES)
    truth = corpus.nearest(vectors, DEPTH)
    queries = [HalfVector(vector) for vector in vectors.tolist()]
    compared = indexes(dimension, first)
    built = [bench.build(index) for index in compared]
    searches = [asdict(searched) for index in compared for searched in bench.search(index, queries, truth)]
    return {"indexes": built, "searches": searches}


def main() -> None:
    """Print the costs, and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000, help=f"more than {_ADDED} [100000]")
    parser.add_argument("--dimension", type=int, default=1536, help="of the vectors [1536]")
    parser.add_argument("--first", type=int, nargs="*", default=[256, 512, 768], help="numbers indexed [256 512 768]")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        roomy_server(Path(folder)) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        result = run(connection, chosen.chunks, chosen.dimension, chosen.first)
    print(*result["indexes"], *result["searches"], sep="\n")
    report.write_json(f"preselecting_{chosen.chunks}_{chosen.dimension}", vars(chosen) | result)


if __name__ == "__main__":
    main()
