"""Models that judge texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderation model thinks of a text; `categories` are in its own words."""

    is_flagged: bool
    categories: tuple[str, ...] = ()


class Moderator(Protocol):
    """A moderation model."""

    @property
    def model(self) -> str: ...

    async def ready(self) -> None:
        """Return once it could judge: its library may have to be loaded first. Calls nobody."""
        ...

    async def judge(self, text: str) -> Verdict:
        """Return the verdict on a text; raise `ModelError`."""
        ...
