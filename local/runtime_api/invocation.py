"""One invocation: the event that a runtime gets, and its answer as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["streaming", "buffered", "error"]


@dataclass(frozen=True, slots=True)
class Head:
    """What a runtime says when it begins to answer; `headers` are those of its request, names in lower case.

    In mode `error` nothing was answered: see `Invocation.error`.
    """

    mode: Mode
    content_type: str = ""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class InvocationError:
    """Why an invocation failed: a type such as `Function.Unknown`, and the decoded error object that came with it."""

    type: str
    payload: object = None


class Invocation:
    """An event on its way through a runtime. Read `head()`, then `body()`, then `error`."""

    def __init__(self, event: bytes, headers: Mapping[str, str], request_id: str) -> None:
        self.event = event
        self.headers = headers
        self.request_id = request_id
        self.error: InvocationError | None = None
        self.ended = False
        self._head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._chunk: bytes | None = None
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()

    async def head(self) -> Head:
        """Wait until the runtime begins to answer, or the invocation fails before it does."""
        return await asyncio.shield(self._head)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the answer the moment they are posted; one chunk at most waits here to be read."""
        while True:
            await self._filled.wait()
            chunk, self._chunk = self._chunk, None
            if chunk is None:
                return
            if not self.ended:
                self._filled.clear()
            self._emptied.set()
            yield chunk

    async def read(self) -> bytes:
        """Return the whole answer."""
        return b"".join([chunk async for chunk in self.body()])

    # What follows is for the Runtime API that serves this invocation.

    def begin(self, head: Head) -> None:
        if not self._head.done():
            self._head.set_result(head)

    async def feed(self, chunk: bytes) -> None:
        """Hand a chunk to the reader, waiting until the one before was taken."""
        await self._emptied.wait()
        if not self.ended:
            self._chunk = chunk
            self._emptied.clear()
            self._filled.set()

    def finish(self, error: InvocationError | None = None) -> None:
        """End the answer; the first end counts. A chunk that waits is still read."""
        if self.ended:
            return
        self.ended, self.error = True, error
        self.begin(Head("error"))
        self._filled.set()
        self._emptied.set()
