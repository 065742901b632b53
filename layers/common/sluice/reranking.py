"""Ranking what a search has found by a model that reads it, where one is configured; without it the search stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sluice.domain import Chunk, Passage, Usage
from sluice.errors import ModelError, ModelUnavailable
from sluice.ports.reranking import Reranker

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reranked:
    """The passages in their new order, or as they were where `failure` says why; `usage` is what it took."""

    passages: list[Passage]
    usage: Usage = Usage()  # noqa: RUF009 - frozen
    failure: str | None = None


class Reranking:
    """Has `candidates` passages of each search ranked anew, within so many `seconds`."""

    def __init__(self, reranker: Reranker, *, candidates: int, seconds: float) -> None:
        self._reranker = reranker
        self._seconds = seconds
        self.candidates = candidates

    @property
    def model(self) -> str:
        return self._reranker.model

    async def rerank(self, query: str, passages: Sequence[Passage], *, limit: int) -> Reranked:
        """Return the best `limit` passages; their score is then the model's. Never fails."""
        texts = [_text(passage) for passage in passages]
        await self._reranker.ready()
        try:
            async with asyncio.timeout(self._seconds):
                ranking = await self._reranker.rerank(query, texts, limit=limit)
        except ModelError as error:
            return self._unranked(passages[:limit], error)
        except TimeoutError:
            late = ModelUnavailable(f"The model {self.model} took longer than {self._seconds:g} seconds to rank.")
            return self._unranked(passages[:limit], late)
        best = [replace(passages[each.index], score=each.relevance) for each in ranking.texts]
        return Reranked(best, ranking.usage)

    def _unranked(self, passages: Sequence[Passage], error: ModelError) -> Reranked:
        _logger.warning("A search was not ranked anew: %s", error.message)
        return Reranked(list(passages), failure=error.code)


def _text(passage: Passage) -> str:
    return Chunk(0, passage.content, passage.start, passage.end, heading=passage.heading).embedded_text
