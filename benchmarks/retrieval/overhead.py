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
    """Return by how many milliseconds the median search is slower than its statement on the same connection."""
    vectors = queries.tolist()
    database = Database(url, size=1, timeout=60)
    passages = PostgresPassages(database, model=MODEL, weights_of=lambda _: Weights(1, 0))
    searching = Searching(embedder=Ready(vectors), passages=passages)
    bare, whole = [], []
    for number, vector in enumerate(vectors):
        plan = passages.plan(Search(CALLER, "q", DEPTH), vector)
        began = time.perf_counter()
        await database.fetch(plan.statement, plan.parameters)
        middle = time.perf_counter()
        await searching.search(Search(CALLER, str(number), DEPTH))
        bare.append(1000 * (middle - began))
        whole.append(1000 * (time.perf_counter() - middle))
    await database.close()
    return round(percentile(whole, 0.5) - percentile(bare, 0.5), 3)
