"""How long one document may be read, however often that is begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sluice.errors import DocumentTooLarge


class Allowance:
    """So many seconds of reading; waiting for a turn takes none of them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left = seconds
        self._deadline = 0.0

    @asynccontextmanager
    async def spent(self) -> AsyncGenerator[None, None]:
        """Count the time that this takes."""
        clock = asyncio.get_running_loop().time
        self._deadline = clock() + self._left
        try:
            yield
        finally:
            self._left = self._deadline - clock()

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None, None]:
        """Raise `DocumentTooLarge` once nothing is left."""
        try:
            async with asyncio.timeout_at(self._deadline):
                yield
        except TimeoutError as error:
            raise DocumentTooLarge(f"The file took longer to read than {self._seconds:g} seconds.") from error
