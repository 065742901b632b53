"""Environments that die: whatever they were about to do, or have just done, nobody hears of it, and they do no more."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any


class Killed(BaseException):
    """The environment is gone; no clean-up runs in it."""


class Life:
    """How many more calls to the outside an environment makes before it is killed; None lives on."""

    def __init__(self, calls: int | None, chance: random.Random) -> None:
        self._calls = calls
        self._chance = chance
        self.is_over = False

    async def call(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work, unless the environment is dead; it may die before the work or just after."""
        if self.is_over:
            raise Killed
        if self._calls is not None:
            self._calls -= 1
        if self._calls != 0:
            return await work()
        self.is_over = True
        if self._chance.random() < 0.5:
            await work()
        raise Killed


class Mortal:
    """Any part whose async methods are called from an environment that may die."""

    def __init__(self, part: Any, life: Life) -> None:
        self._part = part
        self._life = life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not callable(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._life.call(lambda: found(*arguments, **named))

        return call
