"""A streamed response on its way to the Runtime API: one chunked POST, on a connection of its own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from sluice.streaming.errors import ClientGone

logger = logging.getLogger(__name__)

ACCEPTED = 202
BROKEN = 500
# Larger pieces would be copied into the transport's buffer whole before it pushes back.
PIECE_SIZE = 256 * 1024


class StreamedPost:
    """The POST of one answer. `on_gone` is called when the Runtime API hangs up, or refuses, before the end.

    `status` is that of the Runtime API's answer; 0 while there is none.
    """

    def __init__(self, address: str, request_id: str, invocation_id: str | None) -> None:
        self._address = address
        self._request_id = request_id
        self._invocation_id = invocation_id
        self._writer: asyncio.StreamWriter | None = None
        self._accepted: asyncio.Task[None] | None = None
        self._ended = False
        self.gone = False
        self.status = 0
        self.on_gone: Callable[[], object] = lambda: None

    async def open(self, content_type: str) -> None:
        """Connect and send the head; raise `ClientGone` when that fails."""
        host, _, port = self._address.rpartition(":")
        try:
            reader, self._writer = await asyncio.open_connection(host, int(port))
        except OSError as error:
            raise ClientGone(f"The Runtime API can't be reached: {error}.") from error
        self._writer.write(self._head(content_type))
        self._accepted = asyncio.ensure_future(self._read_status(reader))

    async def send(self, data: bytes) -> None:
        """Send bytes at once, and wait while the client is slower than the app; raise `ClientGone`."""
        for start in range(0, len(data), PIECE_SIZE):
            piece = data[start : start + PIECE_SIZE]
            await self._write(b"%x\r\n%b\r\n" % (len(piece), piece))

    async def end(self, trailers: list[tuple[str, str]]) -> None:
        """Send the last chunk and the trailers, and wait until Lambda has taken it all; raise `ClientGone`."""
        self._ended = True
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
        await self._write(b"0\r\n" + lines.encode("latin-1") + b"\r\n")
        await self.accepted()

    async def accepted(self) -> None:
        """Wait for Lambda's answer, which comes when the whole response was taken over."""
        if self._accepted:
            await asyncio.shield(self._accepted)

    async def close(self) -> None:
        """Close the connection, in the middle of the answer if need be."""
        if self._writer and self._accepted:
            self._accepted.cancel()
            self._writer.transport.abort()
            with suppress(OSError):
                await self._writer.wait_closed()

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
        assert self._writer is not None  # noqa: S101 - opened before anything is sent
        if self.gone:
            raise ClientGone("The Runtime API closed the connection of the answer.")
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise ClientGone("The Runtime API closed the connection of the answer.") from error

    async def _read_status(self, reader: asyncio.StreamReader) -> None:
        """Read the answer to the POST; one that comes before the end means that nobody takes the rest."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.status = int(head.split(b" ", 2)[1])
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError, IndexError):
            self.status = 0
        if self.status != ACCEPTED:
            logger.error("The Runtime API did not take the streamed response (status %s).", self.status or "none")
        if not self._ended or self.status != ACCEPTED:
            self.gone = True
            self.on_gone()
