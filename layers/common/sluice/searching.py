"""The use case of a search: embed the query, rank the passages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

from sluice.domain import Caller, Filter, Passage
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

    async def search(
        self, caller: Caller, query: str, *, limit: int, where: Filter, waking: Waking | None = None
    ) -> Found:
        """Return the best `limit` passages, best first; raise `ModelError` or `DatabaseUnavailable`.

        With `waking` a database that is starting is waited for.
        """
        began = perf_counter()
        [vector] = await self._embedder.embed([query], purpose="query")
        embedded = perf_counter()
        waking = waking or Waking(limit=0.0)
        passages = await waking.query(lambda: self._passages.search(caller, query, vector, limit=limit, where=where))
        found = perf_counter()
        return Found(passages, {"embed": 1000 * (embedded - began), "search": 1000 * (found - embedded)})
