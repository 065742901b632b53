"""The plain way to search with pgvector from Python: SQLAlchemy's asyncio on asyncpg, one ORDER BY."""

from __future__ import annotations

from collections.abc import Sequence

from pgvector.sqlalchemy import Vector
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The declarative base."""


class Chunk(Base):
    """A chunk, as a project's first model has it."""

    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[str]
    embedding: Mapped[list[float]] = mapped_column(Vector())


class PlainPgvector:
    """Searches the table `plain`."""

    def __init__(self, url: str, dimension: int) -> None:
        self._engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=8)
        self._session = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)
        self._dimension = dimension

    async def search(self, vector: Sequence[float], limit: int) -> list[int]:
        """Return the numbers of the nearest chunks; their contents are fetched too, as an answer needs them."""
        async with self._session() as session:
            distance = Chunk.embedding.cosine_distance(vector)
            rows = await session.execute(
                select(Chunk.id, Chunk.content, distance.label("distance")).order_by(distance).limit(limit)
            )
            return [row.id for row in rows]

    async def close(self) -> None:
        await self._engine.dispose()
