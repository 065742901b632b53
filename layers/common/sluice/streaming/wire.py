"""A streamed response on its way to the Runtime API: one chunked POST, on a connection of its own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from sluice.streaming.errors import ClientGone

logger = logging.getLogger(__name__)

ACCEPTED = 202
BROKEN = 500
# Larger pieces would be copied into the transport's buffer whole before it pushes back.
PIECE_SIZE = 256 * 1024
CONNECT_SECONDS = 1.0
_HEAD_SIZE = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class StreamedPost:
    """The POST of one answer. `on_gone` is called when the Runtime API hangs up, or refuses, before the end.

    `status` is that of the Runtime API's answer; 0 while there is none.
    """

    def __init__(self, address: str, request_id: str, invocation_id: str | None) -> None:
        self._address = address
        self._request_id = request_id
        self._invocation_id = invocation_id
        self._connection: _Connection | None = None
        self._answered: asyncio.Future[None] | None = None
        self._unsent = b""
        self._ended = self._closed = False
        self.gone = False
        self.status = 0
        self.on_gone: Callable[[], object] = lambda: None

    async def open(self, content_type: str, begin: bytes) -> None:
        """Connect; head and beginning leave with what is sent next. Raise `ClientGone` when that fails."""
        host, _, port = self._address.rpartition(":")
        loop = asyncio.get_running_loop()
        self._answered = loop.create_future()
        try:
            # Lambda has it on this machine, where the kernel connects without waiting.
            connected = socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS)
        except OSError as error:
            raise ClientGone(f"The Runtime API can't be reached: {error}.") from error
        _, self._connection = await loop.create_connection(lambda: _Connection(self._take), sock=connected)
        self._unsent = self._head(content_type) + _chunk(begin)

    async def send(self, data: bytes) -> None:
        """Send bytes at once, and wait while the client is slower than the app; raise `ClientGone`."""
        for start in range(0, len(data), PIECE_SIZE):
            await self._write(_chunk(data[start : start + PIECE_SIZE]))
        if self._unsent:
            await self._write(b"")

    async def end(self, trailers: list[tuple[str, str]]) -> None:
        """Send the last chunk and the trailers, and wait until Lambda has taken it all; raise `ClientGone`."""
        self._ended = True
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
        await self._write(b"0\r\n" + lines.encode("latin-1") + b"\r\n")
        await self.accepted()

    async def accepted(self) -> None:
        """Wait for Lambda's answer, which comes when the whole response was taken over."""
        if self._answered:
            await asyncio.shield(self._answered)

    async def close(self) -> None:
        """Close the connection, in the middle of the answer if need be."""
        self._closed = True
        if connection := self._connection:
            connection.transport.abort()
            await connection.lost.wait()

    def _head(self, content_type: str) -> bytes:
        lines = [
            f"POST /2018-06-01/runtime/invocation/{self._request_id}/response HTTP/1.1",
            f"Host: {self._address}",
            f"Content-Type: {content_type}",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            *([f"Lambda-Runtime-Invocation-Id: {self._invocation_id}"] if self._invocation_id else []),
            "Transfer-Encoding: chunked",
            "Trailer: Lambda-Runtime-Function-Error-Type",
            "Trailer: Lambda-Runtime-Function-Error-Body",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    async def _write(self, data: bytes) -> None:
        connection = self._connection
        assert connection is not None  # noqa: S101 - opened before anything is sent
        if not (self.gone or connection.transport.is_closing()):
            data, self._unsent = self._unsent + data, b""
            connection.transport.write(data)
            if connection.writable.is_set():
                return
            await connection.writable.wait()
        if self.gone or connection.transport.is_closing():
            raise ClientGone("The Runtime API closed the connection of the answer.")

    def _take(self, answer: bytes) -> None:
        """Take the answer to the POST; one that comes before the end means that nobody takes the rest."""
        if self._closed:
            return
        self.status = _status(answer)
        if self.status != ACCEPTED:
            logger.error("The Runtime API did not take the streamed response (status %s).", self.status or "none")
        if not self._ended or self.status != ACCEPTED:
            self.gone = True
            self.on_gone()
        if self._answered:
            self._answered.set_result(None)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _status(answer: bytes) -> int:
    """Return the status of an HTTP answer; 0 if it is none, or not all of its head is there."""
    head, end, _ = answer.partition(_END_OF_HEAD)
    try:
        return int(head.split(b" ", 2)[1]) if end else 0
    except (ValueError, IndexError):
        return 0


class _Connection(asyncio.Protocol):
    """Our end of a connection. `take` gets the head of the answer that comes, or what there is of it at the end.

    asyncio's streams would do the same with a task for the reading, and three more calls for each piece that goes out.
    """

    transport: asyncio.Transport

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.lost = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self._take: Callable[[bytes], None] | None = take
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection has no other kind
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received = (self._received + data)[: _HEAD_SIZE + 1]
        if _END_OF_HEAD in self._received or len(self._received) > _HEAD_SIZE:
            self._hand_over()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - what is missing tells as much
        self.lost.set()
        self._hand_over()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def _hand_over(self) -> None:
        take, self._take = self._take, None
        if take:
            take(self._received)
        self.writable.set()  # whoever waits to send need not wait for a reader that has read all it wants
