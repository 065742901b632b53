"""What a change of the embedding model needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from sluice.domain import Chunk, EmbeddingSpace, Vector


@dataclass(frozen=True, slots=True)
class ChunkPage:
    """Some of the chunks in the order of their keys: how many, the last key, and those without their other vector."""

    seen: int
    last: UUID
    missing: Mapping[UUID, Chunk]


class EmbeddingChange(Protocol):
    """The second vector of each chunk, from its first to its last day. All of it can be repeated.

    What needs a lock for a moment waits until it gets it, and lets everybody else pass meanwhile.
    """

    async def space(self) -> EmbeddingSpace:
        """Return which vectors are stored."""
        ...

    async def begin(self, model: str, dimension: int) -> Literal["begun", "resumed", "current", "busy"]:
        """Make room for the vectors of another model; `busy` while there are those of a third one."""
        ...

    async def chunks(self) -> int:
        """Return about how many chunks there are."""
        ...

    async def page(self, after: UUID | None, *, limit: int) -> ChunkPage | None:
        """Return the next chunks; None at the end."""
        ...

    async def fill(self, model: str, vectors: Mapping[UUID, Vector]) -> int:
        """Keep the other vectors of chunks that are still there and have none; return how many were kept."""
        ...

    async def is_indexed(self) -> bool:
        """Whether the other vectors have an index that can be used."""
        ...

    async def build_index(self, held: str, dimension: int) -> None:
        """Index so much of the other vectors, which have `dimension` numbers; beside readers and writers."""
        ...

    async def held(self) -> str:
        """Return what the index holds of the searched vectors."""
        ...

    async def is_coarse(self) -> bool:
        """Whether the index of the searched vectors would have a finer graph if it were built now."""
        ...

    async def index_anew(self, held: str, dimension: int) -> bool:
        """Index so much of the searched vectors instead; False where those are other ones meanwhile."""
        ...

    async def require(self) -> None:
        """Let no chunk be written any more without its other vector."""
        ...

    async def validate(self) -> bool:
        """Check that every chunk has its other vector; afterwards all of them stay so. False where one has none."""
        ...

    async def switch(self, model: str) -> Literal["switched", "current", "unknown", "incomplete"]:
        """Exchange the two vectors of every chunk at once, so that searches go by `model`."""
        ...

    async def drop(self) -> None:
        """Forget the other vectors."""
        ...
