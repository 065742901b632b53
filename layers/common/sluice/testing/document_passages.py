"""The search over what a fake document store holds, for tests."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sluice.domain import Passage, Search, Vector, uuid7
from sluice.errors import SluiceError
from sluice.ports import LookedUp
from sluice.testing.documents import InMemoryDocuments


@dataclass
class DocumentPassages:
    """The `PassageStore` over the documents of a fake store: finds any chunk, nearest first.

    `blind` finds nothing; an error in `failures` is raised by the next search. `asked` records the questions.
    """

    documents: InMemoryDocuments
    blind: bool = False
    failures: deque[SluiceError] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)

    async def look_up(self, search: Search, *, model: str | None = None) -> LookedUp | None:
        """Find nothing ahead."""
        return None

    async def search(
        self, search: Search, vector: Vector, *, model: str | None = None, looked_up: LookedUp | None = None
    ) -> list[Passage]:
        self.asked.append(search.query)
        if self.failures:
            raise self.failures.popleft()
        found = [
            Passage(
                uuid7(), identifier, "", "", chunk.content, chunk.start, chunk.end, score=near, similarity=near,
                page=chunk.page, heading=chunk.heading,
            )
            for identifier, pairs in self.documents.contents.items()
            for chunk, stored in pairs
            if identifier in (search.where.document_ids or (identifier,))
            for near in (sum(a * b for a, b in zip(vector, stored, strict=True)),)
        ]  # fmt: skip
        return [] if self.blind else sorted(found, key=lambda passage: -passage.score)[: search.limit]
