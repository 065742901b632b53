"""The change of the embedding model, on PostgreSQL. See migration 0004 for what each step does to the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from sluice import sql
from sluice.adapters.postgres import indexes, spaces
from sluice.adapters.postgres.credentials import Conninfo
from sluice.adapters.postgres.database import Database, Parameters
from sluice.adapters.postgres.vectors import as_text
from sluice.domain import Chunk, EmbeddingSpace, Vector
from sluice.errors import DatabaseUnavailable
from sluice.ports.embeddings import ChunkPage

# Among 100,000 chunks a finer graph gains nothing, among 1,000,000 a third of the time: see docs/retrieval.md.
_FINER: dict[str, object] = {"many": 300_000, "finer": "m=24, ef_construction=128"}
_BEFORE_ALL = UUID(int=0)
_PAUSE_SECONDS = 0.2
_PASSES = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_VALIDATE: LiteralString = "alter table chunk validate constraint chunk_other_is_complete"
_DROP_NEXT: LiteralString = "drop index concurrently if exists chunk_by_embedding_next"


class PostgresEmbeddingChange:
    """The `EmbeddingChange` on PostgreSQL. `conninfo` is for what takes long, and has a session of its own."""

    def __init__(self, database: Database, conninfo: Conninfo) -> None:
        self._database = database
        self._conninfo = conninfo

    async def space(self) -> EmbeddingSpace:
        """Return which vectors are stored."""
        rows = await self._fetch("embedding_space")
        return spaces.of(rows[0] if rows else None)

    async def begin(self, model: str, dimension: int) -> Any:
        """Make room for vectors of `dimension` numbers."""
        return await self._outcome("begin_embedding_change", {"model": model, "dimension": dimension})

    async def chunks(self) -> int:
        """Return how many chunks the documents have."""
        return int((await self._fetch("count_chunks"))[0]["chunks"])

    async def page(self, after: UUID | None, *, limit: int) -> ChunkPage | None:
        """Return the next chunks, in bounded time however many of them are complete."""
        rows = await self._fetch("page_chunks", {"after": after or _BEFORE_ALL, "limit": limit})
        if not rows:
            return None
        missing = {row["id"]: _chunk(row) for row in rows if row["content"] is not None}
        return ChunkPage(len(rows), rows[-1]["id"], missing)

    async def fill(self, model: str, vectors: Mapping[UUID, Vector]) -> int:
        """Keep other vectors, in one statement."""
        given = {"ids": list(vectors), "embeddings": [as_text(vector) for vector in vectors.values()]}
        return len(await self._fetch("fill_other_embeddings", given | {"model": model}))

    async def is_indexed(self) -> bool:
        """Whether the index is there and whole."""
        return bool(await self._fetch("other_index"))

    async def build_index(self, held: str, dimension: int) -> None:
        """Build it as the one that is used; a broken one is dropped first."""
        await self._build("chunk_by_embedding_other", "embedding_other", held, dimension)

    async def held(self) -> str:
        """Return what the index says of itself."""
        return str((await self._fetch("index_holds"))[0]["holds"])

    async def is_coarse(self) -> bool:
        """Whether an operator has set nothing and there are many chunks meanwhile."""
        return bool((await self._fetch("embedding_index_options", _FINER))[0]["is_finer"])

    async def index_anew(self, held: str, dimension: int) -> bool:
        """Build the index under another name; what an earlier try left behind is taken over only if it is the same."""
        left = await self._fetch("next_index")
        if left and left[0] != {"holds": held, "is_of_other": False}:
            await self._run_long(_DROP_NEXT)
        await self._build("chunk_by_embedding_next", "embedding", held, dimension)
        return bool(await self._outcome("switch_index") == "switched")

    async def require(self) -> None:
        """Add the constraint."""
        await self._patiently("require_other_embeddings")

    async def validate(self) -> bool:
        """Validate the constraint."""
        try:
            await self._run_long(_VALIDATE)
        except psycopg.errors.CheckViolation:
            return False
        return True

    async def switch(self, model: str) -> Any:
        """Exchange the names of the columns."""
        return await self._outcome("switch_embeddings", {"model": model})

    async def drop(self) -> None:
        """Drop the column; its space comes back as rows are written anew."""
        await self._patiently("drop_other_embeddings")

    async def _build(self, name: LiteralString, column: LiteralString, held: str, dimension: int) -> None:
        [row] = await self._fetch("embedding_index_options", _FINER)
        options = f" with ({row['options']})" if row["options"] else ""
        await self._run_long(f"create index concurrently {name} {indexes.over(column, held, dimension)}{options}")

    async def _run_long(self, statement: LiteralString) -> None:
        await asyncio.to_thread(indexes.run, await self._conninfo(), [statement])

    async def _outcome(self, name: str, parameters: Parameters | None = None) -> Any:
        return (await self._patiently(name, parameters))[0]["outcome"]

    async def _patiently(self, name: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Run what takes locks; where others hold them for long it lets go and comes back."""
        while True:
            try:
                return await self._fetch(name, parameters)
            except DatabaseUnavailable as error:
                if not isinstance(error.__cause__, _PASSES):
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _fetch(self, name: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        return await self._database.fetch(sql.query("embeddings", name), parameters)


def _chunk(row: Mapping[str, Any]) -> Chunk:
    return Chunk(row["ordinal"], row["content"], row["start"], row["end"], heading=row["heading"])
