"""Signals between a test and the app that runs in another process: what makes order provable without clocks.

The test's side is `Signals`, a server on a Unix socket; the app's side are `tell` and `wait`.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from pathlib import Path

SOCKET_VARIABLE = "TEST_SIGNALS_SOCKET"


class Signals:
    """Keeps what apps told, in order, and lets them go on when the test gives a signal."""

    def __init__(self, path: Path) -> None:
        self.told: list[str] = []
        self._path = path
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """The value that apps need in their environment."""
        return str(self._path)

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self._path))

    async def close(self) -> None:
        if self._server:
            self._server.close()

    def give(self, signal: str) -> None:
        """Let the app that waits for this signal, or will, go on."""
        self._events[f"wait {signal}"].set()

    async def hear(self, text: str) -> None:
        """Wait until an app has told this."""
        async with asyncio.timeout(20):
            await self._events[f"tell {text}"].wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readline()).decode().strip()
        if request.startswith("tell "):
            self.told.append(request.removeprefix("tell "))
            self._events[request].set()
        else:
            hangup = asyncio.ensure_future(reader.read())
            signal = asyncio.ensure_future(self._events[request].wait())
            await asyncio.wait({hangup, signal}, return_when=asyncio.FIRST_COMPLETED)
            hangup.cancel()
            signal.cancel()
        writer.write(b"ok\n")
        writer.close()


async def tell(text: str) -> None:
    """Report to the test; returns once the test has it."""
    await _ask(f"tell {text}\n")


async def wait(signal: str) -> None:
    """Wait until the test gives this signal."""
    await _ask(f"wait {signal}\n")


async def _ask(request: str) -> None:
    reader, writer = await asyncio.open_unix_connection(os.environ[SOCKET_VARIABLE])
    try:
        writer.write(request.encode())
        await reader.readline()
    finally:
        writer.close()
