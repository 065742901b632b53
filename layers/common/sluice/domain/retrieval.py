"""What a search is asked, and the passages that it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sluice.domain.access import Caller
from sluice.domain.filters import Filter

Vector = list[float]


@dataclass(frozen=True, slots=True)
class Search:
    """What a caller looks for: the best `limit` passages for a query, among the documents that `where` lets through."""

    caller: Caller
    query: str
    limit: int
    where: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Which model's vectors a database holds: `model` is searched; `other` is to come, or `switched` from.

    `known` are the models that may be configured here: all that the database was ever filled by.
    """

    model: str
    dimension: int
    other: str | None = None
    other_dimension: int | None = None
    switched: bool = False
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Weights:
    """What each leg of the search counts in the fusion; a leg of weight 0 finds no candidates of its own."""

    dense: float = 0.5
    lexical: float = 0.5

    def __post_init__(self) -> None:
        if min(self.dense, self.lexical) < 0 or self.dense + self.lexical == 0:
            raise ValueError("weights can't be negative, and one must be positive")


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a search found, with where it stands.

    `similarity` is the cosine to the query, `score` (0 to 1) what meaning and words come to by their weights.
    """

    chunk_id: UUID
    document_id: UUID
    source: str
    title: str
    content: str
    start: int
    end: int
    score: float
    similarity: float
    page: int | None = None
    heading: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
