"""A proxy between client and PostgreSQL that reads what the client says.

Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.wire.pinning import STARTUP_PARAMETERS, reasons

# What may come in a startup's place; a cancellation is all that its connection says.
_CANCEL_REQUEST, _SSL_REQUEST, _GSS_REQUEST = 80877102, 80877103, 80877104


@dataclass
class Heard:
    """What clients have said so far: statements, and each breach as `reason: text`."""

    statements: int = 0
    breaches: list[str] = field(default_factory=list)

    def statement(self, text: str, *, name: str = "") -> None:
        self.statements += 1
        if name:
            self.breaches.append(f"prepares by name ({name}): {text[:200]}")
        self.breaches += [f"{reason}: {text[:200]}" for reason in reasons(text)]

    def startup(self, parameters: dict[str, str]) -> None:
        self.breaches += [f"is refused at connect: {name}" for name in sorted(set(parameters) - STARTUP_PARAMETERS)]


class WireTap:
    """Listens on a loopback port and passes everything on to a PostgreSQL server on another."""

    def __init__(self, server_port: int) -> None:
        self.heard = Heard()
        self._server_port = server_port
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def cut(self) -> None:
        """Break every connection that is open now; new ones are taken as before."""
        sockets, self._sockets = self._sockets, []
        for side in sockets:
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._sockets += [client, server]
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_pump, args=(server, client, None), daemon=True).start()
            threading.Thread(target=_pump, args=(client, server, _Reader(self.heard)), daemon=True).start()


class _Reader:
    """Cuts a client's bytes into messages."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._buffer = b""
        self._started = False

    def feed(self, data: bytes) -> None:
        self._buffer += data
        for kind, body in self._messages():
            if kind == b"Q":
                self._heard.statement(_text(body)[0])
            elif kind == b"P":
                name, rest = _text(body)
                self._heard.statement(_text(rest)[0], name=name)

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        while True:
            offset = 1 if self._started else 0
            if len(self._buffer) < offset + 4:
                return
            [length] = struct.unpack_from("!i", self._buffer, offset)
            if len(self._buffer) < offset + length:
                return
            kind, body = self._buffer[:offset], self._buffer[offset + 4 : offset + length]
            self._buffer = self._buffer[offset + length :]
            if self._started:
                yield kind, body
            else:
                self._startup(body)

    def _startup(self, body: bytes) -> None:
        [code] = struct.unpack_from("!i", body)
        if code in (_CANCEL_REQUEST, _SSL_REQUEST, _GSS_REQUEST):
            return
        self._started = True
        words = body[4:].rstrip(b"\0").decode().split("\0")
        self._heard.startup(dict(zip(words[::2], words[1::2], strict=True)))


def _text(data: bytes) -> tuple[str, bytes]:
    text, _, rest = data.partition(b"\0")
    return text.decode(errors="replace"), rest


def _pump(source: socket.socket, target: socket.socket, reader: _Reader | None) -> None:
    try:
        while data := source.recv(65536):
            if reader:
                reader.feed(data)
            target.sendall(data)
    except OSError:
        pass
    finally:
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        target.close()
