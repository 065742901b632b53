"""A second look at what a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice.domain import Usage


@dataclass(frozen=True, slots=True)
class Ranked:
    """A text by its place in what was given, and how much it has to do with the query: more is better."""

    index: int
    relevance: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Texts, best first, each once, and what it took to rank them."""

    texts: tuple[Ranked, ...]
    usage: Usage


class Reranker(Protocol):
    """Reads a query beside each text, which says more than their vectors and their words do."""

    @property
    def model(self) -> str: ...

    async def ready(self) -> None:
        """Return once it could rank: its library may have to be loaded first. Calls nobody."""
        ...

    async def rerank(self, query: str, texts: Sequence[str], *, limit: int) -> Ranking:
        """Return the best `limit` texts or fewer; raise `ModelError`."""
        ...
