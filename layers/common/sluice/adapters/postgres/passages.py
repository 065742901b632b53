"""Search: one statement that fuses the dense and the lexical ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.spaces import PostgresSpaces
from sluice.adapters.postgres.vectors import HalfVector
from sluice.adapters.postgres.visibility import Visibility
from sluice.domain import Caller, Filter, Passage, Vector, Weights
from sluice.errors import InvalidInput
from sluice.languages import content_words, language_of

# Each leg ranks this many times what is asked for, so that a passage that both legs like is seen by both.
_CANDIDATES_PER_RESULT = 5
_FEWEST_CANDIDATES = 50
# The lexical leg ranks about this many chunks a candidate: those with the rarest words of the query.
_FETCHED_PER_CANDIDATE = 30
_ALL = 2**62

_BY_INDEX: LiteralString = "embedding <=> %(vector)s::halfvec"
# The same in a form that no index knows.
_BY_COMPARING: LiteralString = f"({_BY_INDEX}) + 0"


@dataclass(frozen=True, slots=True)
class Search:
    """The statement of a search, and what it is given."""

    statement: LiteralString
    parameters: dict[str, Any]


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
        model = model or self._model
        rows = await self._rank(self.plan(caller, query, vector, limit=limit, where=where), model)
        if len(rows) < limit or (rows[0]["near"] < limit and self._weights.dense):
            rows = await self._rank(self.plan(caller, query, vector, limit=limit, where=where, exhaustive=True), model)
        if not rows:
            await self._spaces.check(model)
        return [Passage(**{name: value for name, value in row.items() if name != "near"}) for row in rows]

    def plan(
        self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter, exhaustive: bool = False
    ) -> Search:
        """Return the statement with its parameters; raise `InvalidInput` for a vector that is none.

        An `exhaustive` search compares all that may be seen: where the indexes' best is mostly hidden, they give up
        before enough has come.
        """
        visible = Visibility(caller, where)
        language = language_of(query)
        both = self._weights.dense > 0 and self._weights.lexical > 0
        enough = max(_FEWEST_CANDIDATES, limit * _CANDIDATES_PER_RESULT)
        candidates = enough if both else limit
        parameters = {
            "model": self._model,
            "query": query,
            "language": language,
            "content_words": content_words(query, language),
            "vector": HalfVector(vector),
            "limit": limit,
            "dense_candidates": candidates if self._weights.dense else 0,
            "lexical_candidates": candidates if self._weights.lexical else 0,
            "fetched": _ALL if exhaustive else enough * _FETCHED_PER_CANDIDATE,
            "dense_weight": self._weights.dense,
            "lexical_weight": self._weights.lexical,
            **visible.parameters,
        }
        nearness = _BY_COMPARING if exhaustive else _BY_INDEX
        statement = sql.query("search", "search_passages")
        return Search(statement.replace("${visible}", visible.sql).replace("${nearness}", nearness), parameters)

    async def check_model(self) -> None:
        """Raise `EmbeddingModelMismatch` unless the configured model is, or was, one of this database."""
        await self._spaces.current()

    async def _rank(self, search: Search, model: str) -> list[DictRow]:
        try:
            return await self._database.fetch(search.statement, search.parameters | {"model": model})
        except InvalidInput:
            await self._spaces.check(model)  # vectors of another model may have another dimension
            raise
