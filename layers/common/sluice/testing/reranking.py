"""A reranker for tests: what shares more words with the query comes first."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence

from sluice.domain import Usage
from sluice.errors import ModelError
from sluice.ports.reranking import Ranked, Ranking


class WordReranker:
    """Ranks by the share of a query's words in a text; each call costs a tenth of a cent.

    `asked` holds the query and the texts of each call; an error in `failures` is raised by the call that meets it, and
    a `gate` is waited for; none begins before `loading`, where there is one, is set.
    """

    def __init__(self, model: str = "test/words") -> None:
        self._model = model
        self.asked: list[tuple[str, list[str]]] = []
        self.failures: deque[ModelError] = deque()
        self.gate: asyncio.Event | None = None
        self.loading: asyncio.Event | None = None

    @property
    def model(self) -> str:
        return self._model

    async def ready(self) -> None:
        if self.loading:
            await self.loading.wait()

    async def rerank(self, query: str, texts: Sequence[str], *, limit: int) -> Ranking:
        """Return the best texts; of two that are alike the first one."""
        await self.ready()
        self.asked.append((query, list(texts)))
        if self.gate:
            await self.gate.wait()
        if self.failures:
            raise self.failures.popleft()
        wanted = _words(query)
        ranked = [Ranked(index, len(wanted & _words(text)) / len(wanted or {""})) for index, text in enumerate(texts)]
        best = sorted(ranked, key=lambda each: -each.relevance)[:limit]
        return Ranking(tuple(best), Usage(cost=0.001))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
