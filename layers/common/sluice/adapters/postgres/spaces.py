"""Which model's vectors the database holds, and whether this code may use them."""

from __future__ import annotations

from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.domain import EmbeddingSpace
from sluice.errors import EmbeddingModelMismatch, EmbeddingModelSwitched, SchemaOutdated


class PostgresSpaces:
    """The `EmbeddingSpaces` on PostgreSQL, for code that is configured with `model`."""

    def __init__(self, database: Database, *, model: str) -> None:
        self._database = database
        self._model = model

    async def current(self) -> EmbeddingSpace:
        """Return what the database holds; raise `EmbeddingModelMismatch` unless the configured model is known there."""
        rows = await self._database.fetch(sql.query("embeddings", "embedding_space"))
        space = of(rows[0] if rows else None)
        if self._model not in space.known:
            raise mismatch(stored=_named(space.model, space.dimension), configured=self._model)
        return space

    async def check(self, model: str, dimension: int = 0) -> None:
        """Raise `EmbeddingModelSwitched` unless `model` is the one that is searched, else as `current` does.

        `dimension` is that of a vector which `model` has made now, and 0 where there is none.
        """
        space = await self.current()
        if space.model != model:
            raise EmbeddingModelSwitched(space.model)
        check_vectors(space, model, dimension)


def of(row: DictRow | None) -> EmbeddingSpace:
    """Return what a row says; raise `SchemaOutdated` where there is none."""
    if row is None:
        raise SchemaOutdated
    return EmbeddingSpace(
        model=row["model"],
        dimension=row["dimension"],
        other=row["other_model"],
        other_dimension=row["other_dimension"],
        switched=row["switched"],
        known=frozenset([*row["known"], row["model"]]),
    )


def check_vectors(space: EmbeddingSpace, model: str, dimension: int) -> None:
    """Raise `EmbeddingModelSwitched` or `EmbeddingModelMismatch` for vectors that can't stand beside the stored ones.

    `dimension` is 0 where there are no vectors.
    """
    if space.model == model and dimension in (0, space.dimension):
        return
    if space.model != model and model in space.known:
        raise EmbeddingModelSwitched(space.model)
    raise mismatch(stored=_named(space.model, space.dimension), configured=_named(model, dimension))


def mismatch(*, stored: str, configured: str) -> EmbeddingModelMismatch:
    """Return the error that says what to do when vectors of two models would meet."""
    return EmbeddingModelMismatch(
        f"The stored vectors come from {stored}, but {configured} is configured, and the two can't be compared. "
        "Set SLUICE_EMBEDDING_MODEL back and change the model with `sluice embeddings migrate`, or begin with an empty "
        "database and ingest the documents again."
    )


def _named(model: str, dimension: int) -> str:
    return f"{model} ({dimension} dimensions)"
