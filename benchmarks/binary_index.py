"""What does an index over the signs of vectors cost and save, against one over the vectors themselves?

Both index the same chunks in a bare table. The signs (`binary_quantize`) only preselect: what they find is ranked anew
by the whole vectors. Times are the server's CPU time, which other work on the machine changes least.

    python -m benchmarks.binary_index --dimension 1536
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
_ADDED, _QUERIES, _ROUNDS = 2_000, 100, 3
_WHOLE = "select n from whole order by embedding <=> %(vector)s::halfvec limit 10"
_SIGNS = """
with nearby as materialized (
    select n, embedding from signs
    order by binary_quantize(embedding)::bit({dimension}) <~> binary_quantize(%(vector)s::halfvec)::bit({dimension})
    limit {preselected}
)
select n from nearby order by embedding <=> %(vector)s::halfvec limit 10
"""


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
        self._dimension = corpus.dimension
        self._indexed = corpus.size - _ADDED
        self._process = psutil.Process(connection.info.backend_pid)

    def store(self) -> None:
        """Copy the chunks in."""
        self._connection.execute(f"create table staged (n integer, embedding halfvec({self._dimension}))")
        with self._connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, _ in self._corpus.blocks():
                for at, vector in enumerate(vectors.tolist(), start=start):
                    copy.write_row((Int4(at), HalfVector(vector)))

    def index(self, table: str, column: str) -> dict[str, float]:
        """Return what building the index takes, what adding to it takes, and its size."""
        chunks = "select * from staged where n"
        self._connection.execute(f"create table {table} as {chunks} < {self._indexed}")
        create = f"create index by_{table} on {table} using hnsw ({column})"
        building = self._cpu(lambda: self._connection.execute(create))
        row = self._connection.execute("select pg_relation_size(%s::regclass)", [f"by_{table}"]).fetchone()
        adding = self._cpu(lambda: self._connection.execute(f"insert into {table} {chunks} >= {self._indexed}"))
        return {
            "building_cpu_s": round(building, 1),
            "adding_cpu_ms_per_chunk": round(adding / _ADDED * 1000, 2),
            "size_mib": round((row[0] if row else 0) / 2**20),
        }

    def search(self, ef_search: int, preselected: int, queries: Sequence[HalfVector], truth: Numbers) -> Searched:
        """Return the recall of a search, and what it takes."""
        self._connection.execute(f"set hnsw.ef_search = {ef_search}")
        statement = _SIGNS.format(dimension=self._dimension, preselected=preselected) if preselected else _WHOLE
        found = [self._find(statement, query) for query in queries]
        hits = sum(len(set(one) & set(true)) for one, true in zip(found, truth.tolist(), strict=True))
        spent = self._cpu(lambda: [self._find(statement, query) for _ in range(_ROUNDS) for query in queries])
        index = "signs" if preselected else "whole"
        recall = round(hits / DEPTH / len(queries), 3)
        return Searched(index, ef_search, preselected, recall, round(spent / _ROUNDS / len(queries) * 1000, 2))

    def _find(self, statement: str, query: HalfVector) -> list[int]:
        return [n for (n,) in self._connection.execute(statement, {"vector": query}).fetchall()]

    def _cpu(self, work: Callable[[], object]) -> float:
        before = self._process.cpu_times()
        work()
        after = self._process.cpu_times()
        return after.user - before.user + after.system - before.system


def run(connection: psycopg.Connection, chunks: int, dimension: int) -> dict[str, Any]:
    """Return the costs of both indexes and the searches through them."""
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
    say("building both indexes")
    indexes = {
        "whole": bench.index("whole", "embedding halfvec_cosine_ops"),
        "signs": bench.index("signs", f"(binary_quantize(embedding)::bit({dimension})) bit_hamming_ops"),
    }
    ways = [(ef, 0) for ef in (60, 100, 150, 200, 400)] + [(most * 2, most) for most in (50, 100, 150, 200, 400)]
    return {"indexes": indexes, "searches": [asdict(bench.search(*way, queries, truth)) for way in ways]}


def main() -> None:
    """Print the costs, and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000, help=f"more than {_ADDED} [100000]")
    parser.add_argument("--dimension", type=int, default=1536, help="of the vectors [1536]")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        roomy_server(Path(folder)) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        result = run(connection, chosen.chunks, chosen.dimension)
    for index, costs in result["indexes"].items():
        print({"index": index, **costs})
    print(*result["searches"], sep="\n")
    report.write_json(f"binary_index_{chosen.chunks}_{chosen.dimension}", vars(chosen) | result)


if __name__ == "__main__":
    main()
