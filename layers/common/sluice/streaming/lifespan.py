"""ASGI's lifespan: started once in an execution environment, not once a request.

Source: https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sluice.streaming.asgi import App, Message
from sluice.streaming.errors import StartupFailed

logger = logging.getLogger(__name__)


class Lifespan:
    """The lifespan of one app. `state` is what the app put there at its start; every request gets a copy."""

    def __init__(self, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._started = False
        self.task: asyncio.Task[None] | None = None
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._reply: asyncio.Future[Message] | None = None

    async def startup(self) -> None:
        """Start the app unless it is started; raise `StartupFailed` if it says so, and try anew at the next call."""
        if self._started:
            return
        self.state = {}
        self.task = asyncio.create_task(self._run())
        try:
            reply = await self._tell("lifespan.startup")
        except asyncio.CancelledError:
            self.task.cancel()
            raise
        if reply and reply["type"] == "lifespan.startup.failed":
            raise StartupFailed(reply.get("message") or "The app gave no reason.")
        self._started = True

    async def shutdown(self) -> None:
        """Let the app end what it started."""
        if self._started and self.task and not self.task.done():
            await self._tell("lifespan.shutdown")
        self._started = False

    async def _tell(self, event: str) -> Message | None:
        """Send an event to the app and return its reply; None when it ends without one, as apps without lifespan do."""
        assert self.task is not None  # noqa: S101 - made before anything is told to it
        self._reply = asyncio.get_running_loop().create_future()
        self._to_app.put_nowait({"type": event})
        first: set[asyncio.Future[Any]] = {self.task, self._reply}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        return self._reply.result() if self._reply.done() else None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._to_app.get, self._send)
        except Exception as error:  # an app without lifespan may raise anything at this scope
            level = logging.ERROR if self._started else logging.DEBUG
            logger.log(level, "The app's lifespan ended early.", exc_info=error)

    async def _send(self, message: Message) -> None:
        if self._reply and not self._reply.done():
            self._reply.set_result(message)
