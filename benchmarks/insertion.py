"""What does adding a vector to an HNSW index take at the least: ours, and the one PGVector's table has?

Nothing but vectors is stored, in bare tables with one index each, by one session and by two at once. Whoever keeps such
an index can't store faster than this, whatever else a chunk has.

    python -m benchmarks.insertion --dimension 1536
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import psycopg

from benchmarks import report
from benchmarks.retrieval.server import say
from benchmarks.storing import server
from benchmarks.synthetic import Corpus
from sluice.adapters.offline.embedding import DIMENSION
from sluice.adapters.postgres.vectors import HalfVectors, register
from sluice.domain import Vector

_WRITERS = (1, 2)
_ADDED, _BATCH = 256, 128
_INDEXES = {
    "halfvec": "embedding halfvec_cosine_ops",
    "vector": "(embedding::vector({n})) vector_cosine_ops",
    "signs": "(binary_quantize(embedding)::bit({n})) bit_hamming_ops",
}


@dataclass(frozen=True, slots=True)
class Added:
    """What a vector took, in milliseconds."""

    elapsed: float
    cpu: float


class Bench:
    """A server with the same vectors in a bare table for each index."""

    def __init__(self, url: str, corpus: Corpus) -> None:
        self._url = url
        self._corpus = corpus
        with self._session() as connection:
            self._oid = connection.execute("select 'halfvec'::regtype::oid").fetchall()[0][0]

    def load(self) -> None:
        """Make the tables and their indexes."""
        with self._session() as connection:
            connection.execute(f"create table staged (embedding halfvec({self._corpus.dimension}))")
            for _, vectors, _ in self._corpus.blocks():
                self._insert(connection, "staged", vectors.tolist())
            for name, over in _INDEXES.items():
                say(f"building {name}")
                chunks, key = "select * from staged", over.format(n=self._corpus.dimension)
                connection.execute(f"create table only_{name} as {chunks}")
                connection.execute(f"create index on only_{name} using hnsw ({key})")
            connection.execute("drop table staged")
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")

    def measure(self, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
        """Add fresh vectors to each index by one writer and by two, in turns; return the medians."""
        added: dict[tuple[str, int], list[Added]] = {(name, n): [] for name in _INDEXES for n in _WRITERS}
        # What is added to a server that is kept must not be there already.
        fresh = Corpus(_ADDED * rounds * len(added), self._corpus.dimension, seed=time.time_ns() % 2**32)
        parts = iter(np.split(np.concatenate([vectors for _, vectors, _ in fresh.blocks()]), rounds * len(added)))
        for _ in range(rounds):
            for name, writers in added:
                added[name, writers].append(self._add(name, writers, next(parts).tolist()))
        return {
            name: {f"writers_{writers}": _median(added[name, writers]) for writers in _WRITERS} for name in _INDEXES
        }

    def _add(self, name: str, writers: int, vectors: Sequence[Vector]) -> Added:
        """Let each writer add its part, in statements of `_BATCH`."""
        with ExitStack() as stack:
            sessions = [stack.enter_context(self._session()) for _ in range(writers)]
            processes = [psutil.Process(session.info.backend_pid) for session in sessions]
            threads = [
                threading.Thread(target=self._insert, args=(session, f"only_{name}", vectors[number::writers]))
                for number, session in enumerate(sessions)
            ]
            before, began = _busy(processes), time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            elapsed, cpu = time.perf_counter() - began, _busy(processes) - before
        return Added(1000 * elapsed / len(vectors), 1000 * cpu / len(vectors))

    def _insert(self, connection: psycopg.Connection, table: str, vectors: Sequence[Vector]) -> None:
        for start in range(0, len(vectors), _BATCH):
            given = HalfVectors(vectors[start : start + _BATCH], self._oid)
            connection.execute(f"insert into {table} select unnest(%s::halfvec[])", [given])

    def _session(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, autocommit=True)
        connection.execute("create extension if not exists vector")
        connection.execute("set statement_timeout = 0")
        register(connection.adapters)
        return connection


def _median(added: Sequence[Added]) -> dict[str, float]:
    return {
        "elapsed_ms": round(statistics.median(each.elapsed for each in added), 3),
        "cpu_ms": round(statistics.median(each.cpu for each in added), 3),
    }


def _busy(processes: Sequence[psutil.Process]) -> float:
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


def main() -> None:
    """Print what adding takes, and keep it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000, help="vectors that are there before [100000]")
    parser.add_argument("--dimension", type=int, default=DIMENSION, help=f"[{DIMENSION}]")
    parser.add_argument(
        "--rounds", type=int, default=12, help="of 256 vectors for each index and number of writers [12]"
    )
    parser.add_argument("--data", type=Path, help="keep the server in this folder, and use it if it is there")
    options = parser.parse_args()
    is_new = not (options.data and (options.data / "postgres").exists())
    with tempfile.TemporaryDirectory() as folder, server(options.data or Path(folder)) as postgres:
        bench = Bench(postgres.url(), Corpus(options.chunks, options.dimension))
        if is_new:
            bench.load()
        result = bench.measure(options.rounds)
    print(*result.items(), sep="\n")
    report.write_json(f"insertion_{options.chunks}_{options.dimension}", {"milliseconds_a_vector": result})


if __name__ == "__main__":
    main()
