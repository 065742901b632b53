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
        enough = max(_FEWEST_CANDIDATES, limit * _CANDIDATES_PER_RESULT)
        both = self._weights.dense > 0 and self._weights.lexical > 0
        parameters = {
            "model": self._model,
            "vector": HalfVector(vector),
            "limit": limit,
            "candidates": enough if both else limit,
            "dense_weight": self._weights.dense,
            "lexical_weight": self._weights.lexical,
            **visible.parameters,
        }
        if self._weights.lexical:
            parameters |= _words(query, fetched=_ALL if exhaustive else enough * _FETCHED_PER_CANDIDATE)
        return Search(self._statement(visible, exhaustive=exhaustive), parameters)

    async def check_model(self) -> None:
        """Raise `EmbeddingModelMismatch` unless the configured model is, or was, one of this database."""
        await self._spaces.current()

    def _statement(self, visible: Visibility, *, exhaustive: bool) -> LiteralString:
        """Return the statement with what has no weight left out: planning that would take as long as the rest."""
        by_meaning = "exhaustive_dense_leg" if exhaustive else "dense_leg"
        by_words = self._weights.lexical > 0
        parts = {
            "${dense}": _part(by_meaning if self._weights.dense else "no_leg"),
            "${question}": _part("question" if by_words else "no_question"),
            "${lexical}": _part("lexical_leg" if by_words else "no_leg"),
            "${visible}": visible.sql,
        }
        statement = _part("search_passages")
        for mark, part in parts.items():
            statement = statement.replace(mark, part)
        return statement

    async def _rank(self, search: Search, model: str) -> list[DictRow]:
        try:
            return await self._database.fetch(search.statement, search.parameters | {"model": model})
        except InvalidInput:
            await self._spaces.check(model)  # vectors of another model may have another dimension
            raise


def _part(name: LiteralString) -> LiteralString:
    return sql.query("search", name)


def _words(query: str, *, fetched: int) -> dict[str, Any]:
    """Return what the lexical leg is given; it looks at about `fetched` chunks."""
    language = language_of(query)
    return {
        "query": query,
        "language": language,
        "content_words": content_words(query, language),
        "fetched": fetched,
    }
