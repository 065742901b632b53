"""The app's side of one request: ASGI's `receive` and `send`.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import logging

from sluice.streaming.answers import Answer
from sluice.streaming.asgi import Message, RawHeaders, response_headers
from sluice.streaming.errors import ClientGone
from sluice.streaming.failures import EVENT_STREAM, Failure

logger = logging.getLogger(__name__)

_WITHOUT_BODY = frozenset([204, 304])
# An app that never waits would not hear of its deadline: after so many messages other tasks have their turn.
_TURN = 64


class Exchange:
    """A request with its answer. Nothing leaves before the first byte of the body, so that a failure can replace it."""

    def __init__(self, method: str, body: bytes, answer: Answer) -> None:
        self.complete = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._method = method
        self._request: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._answer = answer
        self._over = asyncio.Event()
        self._begun = False
        self._has_body = True
        self._is_event_stream = False
        self._tail = b""
        self._messages = 0

    async def receive(self) -> Message:
        """Return the whole request first, and `http.disconnect` once the answer is complete or can't be delivered."""
        if request := self._request:
            self._request = None
            return request
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take one message of the answer; raise `ClientGone` (an `OSError`) when it can't be delivered."""
        self._messages += 1
        if not self._messages % _TURN:
            await asyncio.sleep(0)
        match message["type"]:
            case "http.response.start" if not self._begun:
                await self._begin(message["status"], response_headers(message.get("headers", ())))
            case "http.response.body" if self._begun and not self.complete:
                await self._body(message.get("body", b""), more=message.get("more_body", False))
            case kind:
                raise RuntimeError(f"The app sent {kind!r} when it was not expected.")

    def disconnect(self) -> None:
        """Tell the app, and whoever waits for `gone`, that nobody is there any more."""
        if not self.gone.done():
            self.gone.set_result(None)
        self._over.set()

    async def fail(self, failure: Failure, error: BaseException) -> None:
        """End an answer that the app can't: as a problem, or, once begun, by an event for readers of events."""
        try:
            if self._answer.committed:
                await self._break_off(failure, error)
            else:
                await self._begin(failure.status, [(b"content-type", b"application/problem+json")])
                await self._body(failure.problem(), more=False)
        except ClientGone:
            logger.warning("The client's connection broke before the failure could be told.")

    async def _break_off(self, failure: Failure, error: BaseException) -> None:
        if self._is_event_stream:
            separator = b"" if self._tail.endswith((b"\n\n", b"\r\n\r\n")) else b"\n\n"
            await self._answer.write(separator + failure.event())
        await self._end(error)

    async def _begin(self, status: int, headers: RawHeaders) -> None:
        self._has_body = self._method != "HEAD" and status not in _WITHOUT_BODY
        content_type = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        self._is_event_stream = content_type.decode("latin-1").lower().startswith(EVENT_STREAM)
        await self._answer.begin(status, headers, has_body=self._has_body)
        self._begun = True

    async def _body(self, data: bytes, *, more: bool) -> None:
        if data and self._has_body:
            tail, self._tail = (self._tail + data[-4:])[-4:], b""  # unknown, should the write be broken off
            await self._answer.write(data)
            self._tail = tail
        elif more:
            await self._answer.write(b"")  # an app's way to send its head before its first byte
        if not more:
            await self._end()

    async def _end(self, error: BaseException | None = None) -> None:
        self.complete = True
        self._over.set()
        try:
            await self._answer.end(error)
        except ClientGone:
            logger.warning("The client's connection broke before the end of the answer.")
