"""Search: one statement that fuses the dense and the lexical ranking."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.spaces import PostgresSpaces
from sluice.adapters.postgres.vectors import HalfVector
from sluice.domain import Caller, Filter, Passage, Vector, Weights
from sluice.errors import InvalidInput

# Each leg ranks this many times what is asked for, so that a passage that both legs like is seen by both.
_CANDIDATES_PER_RESULT = 5
_FEWEST_CANDIDATES = 50
# The lexical leg ranks at most about this many chunks, those with the rarest words of the query.
_FETCHED_BY_WORDS = 5_000


class PostgresPassages:
    """The `PassageStore` on PostgreSQL; `model` is the one whose vectors it may compare."""

    def __init__(self, database: Database, *, model: str, weights: Weights = Weights()) -> None:  # noqa: B008 - frozen
        self._database = database
        self._model = model
        self._weights = weights
        self._spaces = PostgresSpaces(database, model=model)

    async def search(
        self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter, model: str | None = None
    ) -> list[Passage]:
        """Return the best `limit` passages.

        `vector` is one of `model`, the configured one where that is missing. Raises `EmbeddingModelSwitched`,
        `EmbeddingModelMismatch` or `DatabaseUnavailable`.
        """
        parameters = self.parameters(caller, query, vector, limit=limit, where=where)
        parameters["model"] = model or self._model
        try:
            rows = await self._database.fetch(sql.query("search", "search_passages"), parameters)
        except InvalidInput:
            await self._spaces.check(parameters["model"])  # vectors of another model may have another dimension
            raise
        if not rows:
            await self._spaces.check(parameters["model"])
        return [Passage(**row) for row in rows]

    def parameters(self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter) -> dict[str, Any]:
        """Return what the statement is given; raise `InvalidInput` for a vector that is none."""
        return {
            "model": self._model,
            "tenant": caller.tenant,
            "query": query,
            "vector": HalfVector(vector),
            "limit": limit,
            "candidates": max(_FEWEST_CANDIDATES, limit * _CANDIDATES_PER_RESULT),
            "fetched": _FETCHED_BY_WORDS,
            "dense_weight": self._weights.dense,
            "lexical_weight": self._weights.lexical,
            **_conditions(where),
        }

    async def check_model(self) -> None:
        """Raise `EmbeddingModelMismatch` unless the configured model is, or was, one of this database."""
        await self._spaces.current()


def _conditions(where: Filter) -> dict[str, Any]:
    return {
        "collection": where.collection,
        "document_ids": list(where.document_ids) or None,
        "metadata": Jsonb(dict(where.metadata)),
    }
