"""Search: one statement that fuses the dense and the lexical ranking; the latter may be done ahead by another."""

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
from sluice.domain import Passage, Search, Vector, Weights
from sluice.errors import InvalidInput
from sluice.languages import content_words, language_of
from sluice.ports import LookedUp

# Each leg ranks this many times what is asked for, so that a passage that both legs like is seen by both.
_CANDIDATES_PER_RESULT = 5
_FEWEST_CANDIDATES = 50
# The lexical leg ranks about this many chunks a candidate: those with the most of the query's words, by weight.
_FETCHED_PER_CANDIDATE = 20
# However common the words are, it ranks no more.
_MOST_RANKED = 20_000
_ALL = 2**62

WeightsOf = Callable[[str], Weights]


@dataclass(frozen=True, slots=True)
class Planned:
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

    async def look_up(self, search: Search, *, model: str | None = None) -> LookedUp | None:
        """Return what the lexical leg finds; raise `DatabaseUnavailable`."""
        planned = self.plan_look_up(search, model=model)
        if planned is None:
            return None
        [row] = await self._database.fetch(planned.statement, planned.parameters)
        return LookedUp(**row)

    async def search(
        self, search: Search, vector: Vector, *, model: str | None = None, looked_up: LookedUp | None = None
    ) -> list[Passage]:
        """Return the best passages.

        `vector` is one of `model`, the configured one where that is missing. Raises `EmbeddingModelSwitched`,
        `EmbeddingModelMismatch` or `DatabaseUnavailable`.
        """
        model = model or self._model
        plan = partial(self.plan, search, vector, model=model)
        rows = await self._rank(plan(looked_up=looked_up), model, len(vector))
        if len(rows) < search.limit or (rows[0]["near"] < search.limit and self._weights_of(model).dense):
            rows = await self._rank(plan(exhaustive=True), model, len(vector))
        return [Passage(**{name: value for name, value in row.items() if name != "near"}) for row in rows]

    def plan_look_up(self, search: Search, *, model: str | None = None) -> Planned | None:
        """Return the statement of `look_up` with its parameters; None where words count for nothing."""
        visible, weights = Visibility(search.caller, search.where), self._weights_of(model or self._model)
        if not weights.lexical:
            return None
        statement = _statement("look_up_words", visible, weights)
        return Planned(statement, visible.parameters | _wanted(search, weights))

    def plan(
        self,
        search: Search,
        vector: Vector,
        *,
        model: str | None = None,
        exhaustive: bool = False,
        looked_up: LookedUp | None = None,
    ) -> Planned:
        """Return the statement with its parameters; raise `InvalidInput` for a vector that is none.

        An `exhaustive` search compares all that may be seen: where the indexes' best is mostly hidden, they give up
        before enough has come.
        """
        visible, weights = Visibility(search.caller, search.where), self._weights_of(model or self._model)
        parameters = {
            "model": model or self._model,
            "vector": HalfVector(vector),
            "limit": search.limit,
            "dense_weight": weights.dense,
            "lexical_weight": weights.lexical,
            **visible.parameters,
            **_wanted(search, weights, exhaustive=exhaustive),
            **_ahead(looked_up),
        }
        ahead = looked_up is not None
        return Planned(_statement("search_passages", visible, weights, exhaustive=exhaustive, ahead=ahead), parameters)

    async def check_model(self) -> None:
        """Raise `EmbeddingModelMismatch` unless the configured model is, or was, one of this database."""
        await self._spaces.current()

    async def _rank(self, planned: Planned, model: str, dimension: int) -> list[DictRow]:
        try:
            rows = await self._database.fetch(planned.statement, planned.parameters)
        except InvalidInput:
            await self._spaces.check(model, dimension)  # the database takes no vector of another length
            raise
        if not rows:
            await self._spaces.check(model)
        return rows


def _statement(
    name: LiteralString, visible: Visibility, weights: Weights, *, exhaustive: bool = False, ahead: bool = False
) -> LiteralString:
    """Return the statement with what has no weight left out: planning that would take as long as the rest.

    `ahead` of it words may have been looked up.
    """
    narrowed = visible.is_narrowed
    by_meaning: LiteralString = "exhaustive_dense_leg" if exhaustive else "dense_leg" if narrowed else "nearest_leg"
    ahead_leg: LiteralString = "looked_up_visible_leg" if narrowed else "looked_up_leg"
    by_words: LiteralString = ahead_leg if ahead else "lexical_leg" if narrowed else "worded_leg"
    weighed: LiteralString = "looked_up_question" if ahead else "question"
    parts = {
        "${seen}": _part("seen") if narrowed or exhaustive else "",
        "${dense}": _part(by_meaning if weights.dense else "no_leg"),
        "${question}": _part(weighed if weights.lexical else "no_question"),
        "${lexical}": _part(by_words if weights.lexical else "no_leg"),
        "${visible}": visible.sql,
    }
    statement = _part(name)
    for mark, part in parts.items():
        statement = statement.replace(mark, part)
    return statement


def _ahead(found: LookedUp | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "looked_up_ids": found.ids,
        "looked_up_distances": found.distances,
        "looked_up_weights": found.weights,
    }


def _part(name: LiteralString) -> LiteralString:
    return sql.query("search", name)


def _wanted(search: Search, weights: Weights, *, exhaustive: bool = False) -> dict[str, Any]:
    """Return how much the legs are to find and, where words count, what the lexical one is given."""
    enough = max(_FEWEST_CANDIDATES, search.limit * _CANDIDATES_PER_RESULT)
    candidates = enough if weights.dense and weights.lexical else search.limit
    if not weights.lexical:
        return {"candidates": candidates}
    language = language_of(search.query)
    return {
        "candidates": candidates,
        "query": search.query,
        "language": language,
        "content_words": content_words(search.query, language),
        "fetched": _ALL if exhaustive else enough * _FETCHED_PER_CANDIDATE,
        "ranked": _ALL if exhaustive else _MOST_RANKED,
    }
