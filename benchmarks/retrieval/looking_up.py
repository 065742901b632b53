"""What a search by both ways still takes when its query's vector is there: words are looked up while it is made."""

from __future__ import annotations

import time

from benchmarks.retrieval.stored import CALLER, MODEL
from benchmarks.retrieval.ways import DEPTH, Queries
from local.evaluation.metrics import percentile
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Search, Weights


async def after_look_up_p50_ms(url: str, queries: Queries) -> float:
    """Return how many milliseconds the median search takes after its words were looked up."""
    database = Database(url, size=1, timeout=60)
    passages = PostgresPassages(database, model=MODEL, weights_of=lambda _: Weights(1, 1))
    times = []
    for text, vector in zip(queries.texts, queries.vectors.tolist(), strict=True):
        search = Search(CALLER, text, DEPTH)
        looked_up = await passages.look_up(search)
        began = time.perf_counter()
        await passages.search(search, vector, looked_up=looked_up)
        times.append(1000 * (time.perf_counter() - began))
    await database.close()
    return round(percentile(times, 0.5), 2)
