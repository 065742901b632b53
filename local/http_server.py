"""An HTTP server on a loopback port that is ours before anything else starts."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

HOST = "127.0.0.1"


class PortBusy(Exception):
    """Somebody else listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use.")
        self.port = port


def bind(port: int) -> socket.socket:
    """Take a loopback port, 0 for any free one; raise `PortBusy`."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortBusy(port) from error
    return listener


class HttpServer:
    """Serves an ASGI application on a bound socket, in the running loop."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # a function URL believes nobody's x-forwarded-for
            timeout_graceful_shutdown=1,
        )
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None
        logging.getLogger("uvicorn.error").addFilter(_is_unexpected)

    async def start(self) -> None:
        """Begin to accept connections."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))

    async def stop(self) -> None:
        """Finish what is under way within a second, then close every connection."""
        self._server.should_exit = True
        if self._task:
            await self._task
        self._listener.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to whoever started it."""
        yield


def _is_unexpected(record: logging.LogRecord) -> bool:
    """An application that breaks off a response does so on purpose: its function was killed."""
    return "without completing response" not in record.getMessage()
