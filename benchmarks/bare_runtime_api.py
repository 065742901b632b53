"""A Runtime API with next to nothing in it, so that a benchmark measures the runtime and not the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

Arrived = Callable[[bytes], object]
END = b"0\r\n\r\n"


class BareRuntimeApi:
    """Hands out events one by one; `invoke` returns when the runtime has posted the whole answer."""

    def __init__(self) -> None:
        self.address = ""
        self._events: asyncio.Queue[bytes] = asyncio.Queue()
        self._arrived: Arrived = bytes
        self._answered = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    def close(self) -> None:
        if self._server:
            self._server.close()

    async def invoke(self, event: bytes, arrived: Arrived = bytes) -> None:
        """Send an event; `arrived` gets the bytes of the posted answer as they come, framing included."""
        self._arrived = arrived
        self._answered.clear()
        self._events.put_nowait(event)
        async with asyncio.timeout(120):
            await self._answered.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET"):
                    writer.write(_next(await self._events.get()))
                    continue
                await self._read_answer(reader, head.lower())
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
                self._answered.set()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the runtime is gone, or the benchmark over
        finally:
            writer.close()

    async def _read_answer(self, reader: asyncio.StreamReader, head: bytes) -> None:
        if b"content-length:" in head:
            left = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            self._arrived(await reader.readexactly(left))
            return
        tail = b""
        while not tail.endswith(END):
            data = await reader.read(1 << 18)
            if not data:
                raise ConnectionError("The runtime broke its answer off.")
            self._arrived(data)
            tail = (tail + data[-len(END) :])[-len(END) :]


def _next(event: bytes) -> bytes:
    deadline = round((time.time() + 120) * 1000)
    lines = [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        f"Content-Length: {len(event)}",
        f"Lambda-Runtime-Aws-Request-Id: {uuid4()}",
        f"Lambda-Runtime-Deadline-Ms: {deadline}",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:measured",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + event
