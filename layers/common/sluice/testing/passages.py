"""A passage store in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from sluice.domain import Passage, Search, Vector
from sluice.errors import SluiceError
from sluice.ports import LookedUp


@dataclass
class ScriptedPassages:
    """Finds what it is told, whatever the query, and records what it was asked; waits for `gate`, if there is one."""

    found: list[Passage] = field(default_factory=list)
    failures: deque[SluiceError] = field(default_factory=deque)
    searched: list[Search] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def look_up(self, search: Search, *, model: str | None = None) -> LookedUp | None:
        """Find nothing ahead."""
        return None

    async def search(
        self, search: Search, vector: Vector, *, model: str | None = None, looked_up: LookedUp | None = None
    ) -> list[Passage]:
        """Return the first `limit` of `found`."""
        self.searched.append(search)
        if self.gate:
            await self.gate.wait()
        if self.failures:
            raise self.failures.popleft()
        return self.found[: search.limit]
