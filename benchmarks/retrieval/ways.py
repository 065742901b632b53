"""The ways of searching that are compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.plain_pgvector import PlainPgvector
from benchmarks.retrieval.stored import CALLER, MODEL
from benchmarks.topics import Matrix
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Search, Weights

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Way:
    """Searches for the query of a number and returns the numbers of chunks, until it is closed."""

    ask: Callable[[int], Awaitable[Sequence[int]]]
    close: Callable[[], Awaitable[None]]


Opening = Callable[[], Way]
"""A way that is opened anew sees the role's settings."""


@dataclass(frozen=True, slots=True)
class Queries:
    """What is asked: a row of `vectors` and a text for each number."""

    vectors: Matrix
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.texts)


def ours(url: str, queries: Queries, weights: Weights) -> Opening:
    """Return our search by these weights."""
    vectors = queries.vectors.tolist()

    def open_way() -> Way:
        database = Database(url, size=8, timeout=60)
        passages = PostgresPassages(database, model=MODEL, weights_of=lambda _: weights)

        async def ask(number: int) -> list[int]:
            found = await passages.search(Search(CALLER, queries.texts[number], DEPTH), vectors[number])
            return [passage.page or 0 for passage in found]

        return Way(ask, database.close)

    return open_way


def plain(url: str, queries: Queries) -> Opening:
    """Return the plain way."""
    vectors = queries.vectors.tolist()

    def open_way() -> Way:
        searched = PlainPgvector(url, queries.vectors.shape[1])

        async def ask(number: int) -> list[int]:
            return await searched.search(vectors[number], DEPTH)

        return Way(ask, searched.close)

    return open_way
