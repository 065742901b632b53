"""The use case of a search: embed the query, rank the passages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from sluice.domain import Caller, Filter, Passage, Vector
from sluice.errors import EmbeddingModelSwitched
from sluice.ports import Embedder, PassageStore
from sluice.waking import Waking


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how many milliseconds each of its stages took."""

    passages: list[Passage]
    timing: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueryVector:
    """The vector of a query, and the model that made it."""

    model: str
    vector: Vector


class Searching:
    """Finds the passages of a caller's documents that fit a text.

    `embedder` is the configured one; where the stored vectors come to be another model's, `embedder_of` gives that one.
    """

    def __init__(
        self,
        *,
        embedder: Embedder,
        passages: PassageStore,
        embedder_of: Callable[[str], Embedder] | None = None,
    ) -> None:
        self._embedder = embedder
        self._passages = passages
        self._embedder_of = embedder_of

    async def embed(self, query: str) -> QueryVector:
        """Return the vector of a query; raise `ModelError`."""
        embedder = self._embedder
        [vector] = await embedder.embed([query], purpose="query")
        return QueryVector(embedder.model, vector)

    async def search(
        self,
        caller: Caller,
        query: str,
        *,
        limit: int,
        where: Filter,
        waking: Waking | None = None,
        vector: Awaitable[QueryVector] | None = None,
    ) -> Found:
        """Return the best `limit` passages, best first; raise `ModelError` or `DatabaseUnavailable`.

        With `waking` a database that is starting is waited for; `vector` is the query's, if it is on its way already.
        """
        began = perf_counter()
        embedded = await (vector or self.embed(query))
        ready = perf_counter()
        waking = waking or Waking(limit=0.0)

        async def find(embedded: QueryVector) -> list[Passage]:
            return await waking.query(
                lambda: self._passages.search(
                    caller, query, embedded.vector, limit=limit, where=where, model=embedded.model
                )
            )

        try:
            passages = await find(embedded)
        except EmbeddingModelSwitched as switched:
            passages = await find(await self._embed_anew(query, switched))
        return Found(passages, {"embed": 1000 * (ready - began), "search": 1000 * (perf_counter() - ready)})

    async def _embed_anew(self, query: str, switched: EmbeddingModelSwitched) -> QueryVector:
        """Go over to the model that is searched now, for this query and those to come."""
        if self._embedder_of is None:
            raise switched
        self._embedder = self._embedder_of(switched.model)
        return await self.embed(query)
