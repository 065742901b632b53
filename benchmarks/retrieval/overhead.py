"""What the search use case costs beyond its own statement."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks.retrieval.stored import CALLER, MODEL
from benchmarks.retrieval.ways import DEPTH
from benchmarks.topics import Matrix
from local.evaluation.metrics import percentile
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import EmbeddingUsage, Search, Weights
from sluice.ports import Embeddings
from sluice.searching import Searching


class Ready:
    """An embedder that has the vectors already; the text is the query's number."""

    model = MODEL

    def __init__(self, vectors: Sequence[list[float]]) -> None:
        self._vectors = vectors

    async def embed(self, texts: Sequence[str], *, purpose: str) -> list[list[float]]:
        return [self._vectors[int(text)] for text in texts]

    async def embed_query(self, text: str) -> Embeddings:
        return Embeddings(await self.embed([text], purpose="query"), EmbeddingUsage())


async def overhead_p50_ms(url: str, queries: Matrix) -> float:
    """Return by how many milliseconds the median search is slower than its statement on the same connection.

    Each is the first to ask every other query, since whoever asks second finds in the processor's caches what it needs.
    """
    vectors = queries.tolist()
    database = Database(url, size=1, timeout=60)
    passages = PostgresPassages(database, model=MODEL, weights_of=lambda _: Weights(1, 0))
    searching = Searching(embedder=Ready(vectors), passages=passages)

    async def bare(number: int) -> object:
        plan = passages.plan(Search(CALLER, "q", DEPTH), vectors[number])
        return await database.fetch(plan.statement, plan.parameters)

    async def whole(number: int) -> object:
        return await searching.search(Search(CALLER, str(number), DEPTH))

    ways = (bare, whole)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(len(vectors)):
        for way in (number % 2, 1 - number % 2):
            began = time.perf_counter()
            await ways[way](number)
            times[way].append(1000 * (time.perf_counter() - began))
    await database.close()
    return round(percentile(times[1], 0.5) - percentile(times[0], 0.5), 3)
