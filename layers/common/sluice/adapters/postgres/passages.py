"""Search: one statement that fuses the dense and the lexical ranking."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import mismatch
from sluice.adapters.postgres.vectors import HalfVector
from sluice.domain import Caller, Filter, Passage, Vector, Weights
from sluice.errors import SchemaOutdated

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
        self._model_checked = False

    async def search(self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter) -> list[Passage]:
        """Return the best `limit` passages; raise `EmbeddingModelMismatch` or `DatabaseUnavailable`."""
        await self.check_model()
        parameters = self.parameters(caller, query, vector, limit=limit, where=where)
        rows = await self._database.fetch(sql.query("search", "search_passages"), parameters)
        return [Passage(**row) for row in rows]

    def parameters(self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter) -> dict[str, Any]:
        """Return what the statement is given; raise `InvalidInput` for a vector that is none."""
        return {
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
        """Raise `EmbeddingModelMismatch` unless the stored vectors are of our model; asks the database once."""
        if self._model_checked:
            return
        rows = await self._database.fetch(sql.query("search", "embedding_space"))
        if not rows:
            raise SchemaOutdated
        if rows[0]["model"] != self._model:
            raise mismatch(stored=rows[0]["model"], configured=self._model)
        self._model_checked = True


def _conditions(where: Filter) -> dict[str, Any]:
    return {
        "collection": where.collection,
        "document_ids": list(where.document_ids) or None,
        "metadata": Jsonb(dict(where.metadata)),
    }
