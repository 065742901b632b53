"""The use case of a search: embed the query, rank the passages."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from sluice.domain import Caller, Filter, Passage, Vector
from sluice.ports import Embedder, PassageStore
from sluice.waking import Waking


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how many milliseconds each of its stages took."""

    passages: list[Passage]
    timing: Mapping[str, float] = field(default_factory=dict)


class Searching:
    """Finds the passages of a caller's documents that fit a text."""

    def __init__(self, *, embedder: Embedder, passages: PassageStore) -> None:
        self._embedder = embedder
        self._passages = passages

    async def embed(self, query: str) -> Vector:
        """Return the vector of a query; raise `ModelError`."""
        [vector] = await self._embedder.embed([query], purpose="query")
        return vector

    async def search(
        self,
        caller: Caller,
        query: str,
        *,
        limit: int,
        where: Filter,
        waking: Waking | None = None,
        vector: Awaitable[Vector] | None = None,
    ) -> Found:
        """Return the best `limit` passages, best first; raise `ModelError` or `DatabaseUnavailable`.

        With `waking` a database that is starting is waited for; `vector` is the query's, if it is on its way already.
        """
        began = perf_counter()
        embedding = await (vector or self.embed(query))
        embedded = perf_counter()
        waking = waking or Waking(limit=0.0)
        passages = await waking.query(lambda: self._passages.search(caller, query, embedding, limit=limit, where=where))
        found = perf_counter()
        return Found(passages, {"embed": 1000 * (embedded - began), "search": 1000 * (found - embedded)})
