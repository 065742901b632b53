"""A passage store in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from sluice.domain import Caller, Filter, Passage, Vector
from sluice.errors import SluiceError
from sluice.ports import LookedUp


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search was asked."""

    caller: Caller
    query: str
    limit: int
    where: Filter


@dataclass
class ScriptedPassages:
    """Finds what it is told, whatever the query, and records what it was asked; waits for `gate`, if there is one."""

    found: list[Passage] = field(default_factory=list)
    failures: deque[SluiceError] = field(default_factory=deque)
    searched: list[Searched] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def look_up(
        self, caller: Caller, query: str, *, limit: int, where: Filter, model: str | None = None
    ) -> LookedUp | None:
        """Find nothing ahead."""
        return None

    async def search(
        self,
        caller: Caller,
        query: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter,
        model: str | None = None,
        looked_up: LookedUp | None = None,
    ) -> list[Passage]:
        """Return the first `limit` of `found`."""
        self.searched.append(Searched(caller, query, limit, where))
        if self.gate:
            await self.gate.wait()
        if self.failures:
            raise self.failures.popleft()
        return self.found[:limit]
