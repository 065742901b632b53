"""The use case of a search: embed the query, rank the passages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

from sluice.domain import EmbeddingUsage, Passage, Search, Usage, Vector
from sluice.errors import EmbeddingModelSwitched
from sluice.overlapping import give_way, meanwhile
from sluice.ports import Embedder, LookedUp, PassageStore
from sluice.waking import Waking

if TYPE_CHECKING:
    from sluice.completing import Book
    from sluice.reranking import Reranking


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how many milliseconds each of its stages took.

    `unranked` is the code of the error for which the passages were not ranked anew, as they are where that is set up.
    """

    passages: list[Passage]
    timing: Mapping[str, float] = field(default_factory=dict)
    unranked: str | None = None


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
        reranking: Reranking | None = None,
    ) -> None:
        self._embedder = embedder
        self._passages = passages
        self._embedder_of = embedder_of
        self._reranking = reranking

    async def embed(self, query: str, *, book: Book | None = None) -> QueryVector:
        """Return the vector of a query; raise `ModelError`. `book` takes down what that has cost."""
        embedder = self._embedder
        embedded = await embedder.embed_query(query)
        if book and embedded.usage.tokens:
            await book(embedder.model, _taken(embedded.usage))
        [vector] = embedded.vectors
        return QueryVector(embedder.model, vector)

    async def search(
        self,
        search: Search,
        *,
        waking: Waking | None = None,
        vector: Awaitable[QueryVector] | None = None,
        book: Book | None = None,
    ) -> Found:
        """Return what the search looks for, best first; raise `ModelError` or `DatabaseUnavailable`.

        Words are looked up while the vector is made. With `waking` a database that is starting is waited for; `vector`
        is the query's, if it is on its way already; `book` takes down what models have cost.
        """
        began = perf_counter()
        wide, waking = self._widened(search), waking or Waking(limit=0.0)
        async with meanwhile(self._look_up(wide, waking)) as looking_up:
            embedded = await (vector or self.embed(search.query, book=book))
            ready = perf_counter()
            looked_up = await looking_up
        passages = await self._find(wide, embedded, waking, book, looked_up)
        found = Found(passages, {"embed": 1000 * (ready - began), "search": 1000 * (perf_counter() - ready)})
        return await self._rank(self._reranking, search, found, book) if self._reranking else found

    def _widened(self, search: Search) -> Search:
        """Return the search for as many passages as are ranked anew, where they are."""
        return replace(search, limit=max(search.limit, self._reranking.candidates)) if self._reranking else search

    async def _look_up(self, search: Search, waking: Waking) -> LookedUp | None:
        await give_way()  # the query's way to its vector is the longer one
        return await waking.query(lambda: self._passages.look_up(search, model=self._embedder.model))

    async def _find(
        self, search: Search, by: QueryVector, waking: Waking, book: Book | None, looked_up: LookedUp | None = None
    ) -> list[Passage]:
        """Search, and once more for each switch of models that falls in between."""
        try:
            return await waking.query(
                lambda: self._passages.search(search, by.vector, model=by.model, looked_up=looked_up)
            )
        except EmbeddingModelSwitched as switched:
            anew = await self._embed_anew(search.query, switched, book)
        return await self._find(search, anew, waking, book)

    async def _rank(self, reranking: Reranking, search: Search, found: Found, book: Book | None) -> Found:
        began = perf_counter()
        reranked = await reranking.rerank(search.query, found.passages, limit=search.limit)
        if book:
            await book(reranking.model, reranked.usage)
        return Found(
            reranked.passages, {**found.timing, "rerank": 1000 * (perf_counter() - began)}, unranked=reranked.failure
        )

    async def _embed_anew(self, query: str, switched: EmbeddingModelSwitched, book: Book | None) -> QueryVector:
        """Go over to the model that is searched now, for this query and those to come."""
        if self._embedder_of is None:
            raise switched
        self._embedder = self._embedder_of(switched.model)
        return await self.embed(query, book=book)


def _taken(usage: EmbeddingUsage) -> Usage:
    """What has no cost is left to the operator's prices."""
    return Usage(prompt_tokens=usage.tokens, cost=usage.cost or None)
