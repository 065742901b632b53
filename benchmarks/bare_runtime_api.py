"""A Runtime API with next to nothing in it, so that a benchmark measures the runtime and not the server.

It blocks, and does one thing at a time: so a byte is noted as soon as the kernel has it, without an event loop's turn.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from uuid import uuid4

Arrived = Callable[[bytes], object]
END = b"0\r\n\r\n"
SECONDS = 120
_END_OF_HEAD = b"\r\n\r\n"
_EXTENSIONS = b"/2020-01-01/extension/"
_REGISTERED = b"HTTP/1.1 200 OK\r\nlambda-extension-identifier: 1\r\ncontent-length: 2\r\n\r\n{}"
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class BareRuntimeApi:
    """Hands out events one by one; `invoke` returns when the runtime has posted the whole answer."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(SECONDS)
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._server, selectors.EVENT_READ)
        host, port = self._server.getsockname()
        self.address = f"{host}:{port}"

    def close(self) -> None:
        for key in list(self._waiting.get_map().values()):
            self._forget(key.fileobj)
        self._waiting.close()

    def invoke(self, event: bytes, arrived: Arrived = bytes) -> float:
        """Send an event and return when; `arrived` gets the bytes of the posted answer, framing included."""
        runtime, poll, _ = self._request()
        assert poll.startswith(b"GET"), poll
        sent = time.perf_counter()
        runtime.sendall(_next(event))
        runtime, head, begun = self._request()
        read_answer(runtime, head, begun, arrived)
        runtime.sendall(_ACCEPTED)
        return sent

    def _request(self) -> tuple[socket.socket, bytes, bytes]:
        """Wait for a request on any connection; return its head, and what has come of its body."""
        while ready := self._waiting.select(SECONDS):
            for key, _ in ready:
                if key.fileobj is self._server:
                    connection, _ = self._server.accept()
                    connection.settimeout(SECONDS)
                    self._waiting.register(connection, selectors.EVENT_READ)
                    continue
                assert isinstance(key.fileobj, socket.socket)
                head, begun = read_head(key.fileobj)
                if _EXTENSIONS in head:
                    _serve_extension(key.fileobj, head, begun)
                elif head:
                    return key.fileobj, head, begun
                else:
                    self._forget(key.fileobj)
        raise TimeoutError("The runtime asked for nothing.")

    def _forget(self, connection: object) -> None:
        assert isinstance(connection, socket.socket)
        self._waiting.unregister(connection)
        connection.close()


def _serve_extension(extension: socket.socket, head: bytes, begun: bytes) -> None:
    """Register it, as AWS's Web Adapter wants to be; there is never an event for it."""
    if b"/register " in head:
        read_answer(extension, head, begun, bytes)
        extension.sendall(_REGISTERED)


def read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of a message, and what came with it of its body; nothing at the end of the connection."""
    received = b""
    while _END_OF_HEAD not in received:
        data = connection.recv(1 << 18)
        if not data:
            return b"", b""
        received += data
    head, _, begun = received.partition(_END_OF_HEAD)
    return head, begun


def read_answer(connection: socket.socket, head: bytes, begun: bytes, arrived: Arrived) -> None:
    """Read a body to its end: as long as its head says, or chunked and without trailers."""
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    left = int(length) if length else None
    tail, data = b"", begun
    while True:
        if data:
            arrived(data)
            tail = (tail + data[-len(END) :])[-len(END) :]
            left = None if left is None else left - len(data)
        if left == 0 or (left is None and tail.endswith(END)):
            return
        data = connection.recv(1 << 18)
        if not data:
            raise ConnectionError("The answer was broken off.")


def _next(event: bytes) -> bytes:
    deadline = round((time.time() + SECONDS) * 1000)
    lines = [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        f"Content-Length: {len(event)}",
        f"Lambda-Runtime-Aws-Request-Id: {uuid4()}",
        f"Lambda-Runtime-Deadline-Ms: {deadline}",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:measured",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + event
