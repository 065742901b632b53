"""A moderation model for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

from sluice.errors import ModelError
from sluice.ports.moderation import Verdict


@dataclass
class WordModerator:
    """Flags texts with one of the `forbidden` words, and records what it was shown.

    `failure` is raised by every call, and `gate`, where there is one, lets them go on; none begins before `loading`,
    where there is one, is set.
    """

    forbidden: Collection[str] = ()
    failure: ModelError | None = None
    gate: asyncio.Event | None = None
    loading: asyncio.Event | None = None
    shown: list[str] = field(default_factory=list)
    model: str = "test/moderator"

    async def ready(self) -> None:
        if self.loading:
            await self.loading.wait()

    async def judge(self, text: str) -> Verdict:
        """Return the words that are forbidden as categories."""
        await self.ready()
        self.shown.append(text)
        if self.gate:
            await self.gate.wait()
        if self.failure:
            raise self.failure
        found = tuple(sorted(word for word in self.forbidden if word in text))
        return Verdict(bool(found), found)
