"""Search: one statement that fuses the dense and the lexical ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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

WeightsOf = Callable[[str], Weights]


@dataclass(frozen=True, slots=True)
class Search:
    """The statement of a search, and what it is given."""

    statement: LiteralString
    parameters: dict[str, Any]


class PostgresPassages:
    """The `PassageStore` on PostgreSQL.

    `model` is the configured one; `weights_of` says what meaning and words count where a model's vectors are searched.
    """

    def __init__(self, database: Database, *, model: str, weights_of: WeightsOf = lambda _: Weights()) -> None:
        self._database = database
        self._model = model
        self._weights_of = weights_of
        self._spaces = PostgresSpaces(database, model=model)

    async def search(
        self, caller: Caller, query: str, vector: Vector, *, limit: int, where: Filter, model: str | None = None
    ) -> list[Passage]:
        """Return the best `limit` passages.

        `vector` is one of `model`, the configured one where that is missing. Raises `EmbeddingModelSwitched`,
        `EmbeddingModelMismatch` or `DatabaseUnavailable`.
        """
        model = model or self._model
        plan = partial(self.plan, caller, query, vector, limit=limit, where=where, model=model)
        rows = await self._rank(plan(), model)
        if len(rows) < limit or (rows[0]["near"] < limit and self._weights_of(model).dense):
            rows = await self._rank(plan(exhaustive=True), model)
        if not rows:
            await self._spaces.check(model)
        return [Passage(**{name: value for name, value in row.items() if name != "near"}) for row in rows]

    def plan(
        self,
        caller: Caller,
        query: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter,
        model: str | None = None,
        exhaustive: bool = False,
    ) -> Search:
        """Return the statement with its parameters; raise `InvalidInput` for a vector that is none.

        An `exhaustive` search compares all that may be seen: where the indexes' best is mostly hidden, they give up
        before enough has come.
        """
        model = model or self._model
        visible, weights = Visibility(caller, where), self._weights_of(model)
        enough = max(_FEWEST_CANDIDATES, limit * _CANDIDATES_PER_RESULT)
        both = weights.dense > 0 and weights.lexical > 0
        parameters = {
            "model": model,
            "vector": HalfVector(vector),
            "limit": limit,
            "candidates": enough if both else limit,
            "dense_weight": weights.dense,
            "lexical_weight": weights.lexical,
            **visible.parameters,
        }
        if weights.lexical:
            parameters |= _words(query, fetched=_ALL if exhaustive else enough * _FETCHED_PER_CANDIDATE)
        return Search(_statement(visible, weights, exhaustive=exhaustive), parameters)

    async def check_model(self) -> None:
        """Raise `EmbeddingModelMismatch` unless the configured model is, or was, one of this database."""
        await self._spaces.current()

    async def _rank(self, search: Search, model: str) -> list[DictRow]:
        try:
            return await self._database.fetch(search.statement, search.parameters)
        except InvalidInput:
            await self._spaces.check(model)  # vectors of another model may have another dimension
            raise


def _statement(visible: Visibility, weights: Weights, *, exhaustive: bool) -> LiteralString:
    """Return the statement with what has no weight left out: planning that would take as long as the rest."""
    by_meaning = "exhaustive_dense_leg" if exhaustive else "dense_leg"
    parts = {
        "${dense}": _part(by_meaning if weights.dense else "no_leg"),
        "${question}": _part("question" if weights.lexical else "no_question"),
        "${lexical}": _part("lexical_leg" if weights.lexical else "no_leg"),
        "${visible}": visible.sql,
    }
    statement = _part("search_passages")
    for mark, part in parts.items():
        statement = statement.replace(mark, part)
    return statement


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
