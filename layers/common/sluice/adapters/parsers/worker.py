"""A child process as its parent sees it: lines over a socket, and a hand on its life."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

_PIECE_BYTES = 1 << 16


class Worker:
    """A child that speaks on `channel` and lives no longer than `lifeline` is open; `tenant` is whose it reads.

    It belongs to no event loop, so that it can wait for the next document in any.
    """

    def __init__(self, channel: socket.socket, lifeline: int) -> None:
        channel.setblocking(False)
        self.tenant = ""
        self._channel = channel
        self._lifeline = lifeline
        self._received = bytearray()

    async def send(self, *pieces: bytes) -> None:
        """Write all of it; where the child refuses it, its answer says why."""
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            for piece in pieces:
                await loop.sock_sendall(self._channel, piece)

    async def line(self, *, most: int) -> bytes:
        """Return the next line without its end, empty when no more comes; raise `ValueError` above `most` bytes."""
        loop = asyncio.get_running_loop()
        known = 0
        while (end := self._received.find(b"\n", known)) < 0:
            known = len(self._received)
            if known > most:
                raise ValueError(f"a line of more than {most} bytes")
            # A child that dies with something unread breaks the channel, and does not just close it.
            piece = b""
            with suppress(ConnectionError):
                piece = await loop.sock_recv(self._channel, _PIECE_BYTES)
            if not piece:
                return b""
            self._received += piece
        return self._cut(end)

    def next_line(self) -> bytes | None:
        """Return the next line if all of it has been received already."""
        end = self._received.find(b"\n")
        return None if end < 0 else self._cut(end)

    def _cut(self, end: int) -> bytes:
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def end(self) -> None:
        """Have the child killed, if it still lives."""
        self._channel.close()
        os.close(self._lifeline)
