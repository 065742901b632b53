"""A function URL on this machine: an ASGI application that invokes a function and streams what it answers."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local import http_answer
from local.concurrency import Lambda, Throttled, describe
from local.http_answer import Answer
from local.http_event import PAYLOAD_LIMIT, Request, RequestTooLarge, event
from local.runtime_api import EnvironmentLost, Head, Invocation
from local.template import InvokeMode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A URL answers these by itself, as it does any request line that is not a valid URI.
_INVALID_IN_PATH = frozenset("[]^|")
# After these the connection breaks off; an error that the function reported itself ends the body in order.
_CUT_OFF = {"Sandbox.Timedout", "Sandbox.Failure", "Runtime.ExitError", "Runtime.TruncatedResponse"}


class ClientGone(Exception):
    """The client went away before its request was complete."""


class FunctionUrl:
    """Serves one function. A client that goes away does not stop it: the answer is read to its end."""

    def __init__(self, function: Lambda, mode: InvokeMode) -> None:
        self._function = function
        self._mode = mode
        region = function.function.arn.split(":")[3]
        # Runtimes tell a function URL's event from an API's by its domain.
        self._domain = f"{function.function.name.lower()}.lambda-url.{region}.on.aws"
        self._log = logging.getLogger(f"local.{function.function.logical_id}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        response = _Response(send, str(uuid4()), wants_body=scope["method"] != "HEAD")
        with suppress(ClientGone):
            await self._answer(await _request(scope, receive), response)
            seconds = time.monotonic() - started
            path = scope["raw_path"].decode("latin-1")  # as it came: decoded it could drive the terminal
            self._log.info("%s %s %s %.2f s", scope["method"], path, response.status, seconds)

    async def _answer(self, request: Request | None, response: _Response) -> None:
        if request is None:
            return await response.whole(http_answer.TOO_LARGE)
        if _INVALID_IN_PATH & set(request.raw_path):
            return await response.whole(http_answer.BAD_PATH)
        trace_id = f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()}"
        try:
            payload = self._event(request, response.request_id, trace_id)
            invocation = await self._function.invoke(payload, trace_id=trace_id)
        except RequestTooLarge:
            return await response.whole(http_answer.TOO_LARGE)
        except Throttled as error:
            self._log.warning("429: %s", error)
            return await response.whole(http_answer.THROTTLED)
        except EnvironmentLost as lost:
            self._log.error("The function does not start. %s", describe(lost.error))
            return await response.whole(http_answer.FAILED)
        return await self._deliver(invocation, response)

    def _event(self, request: Request, request_id: str, trace_id: str) -> bytes:
        return event(request, domain=self._domain, request_id=request_id, trace_id=trace_id, now=datetime.now(UTC))

    async def _deliver(self, invocation: Invocation, response: _Response) -> None:
        head = await invocation.head()
        if head.mode == "streaming" and self._mode == "RESPONSE_STREAM":
            await self._stream(invocation, head.content_type, response)
        else:
            payload = await invocation.read()
            await response.whole(http_answer.FAILED if invocation.error else self._whole(head, payload))
        if invocation.error:
            self._log.error("%s %s", invocation.request_id, describe(invocation.error))

    def _whole(self, head: Head, payload: bytes) -> Answer:
        if head.mode == "streaming":
            return http_answer.collected(payload, head.content_type)
        return http_answer.verbatim(payload) if self._mode == "RESPONSE_STREAM" else http_answer.from_payload(payload)

    async def _stream(self, invocation: Invocation, content_type: str, response: _Response) -> None:
        """Send the bytes the moment they come. After an end that was none the response is left open, to be cut off."""
        body = invocation.body()
        answer, first = await http_answer.begin(body, content_type)
        if invocation.error and not first and answer is None:
            return await response.whole(http_answer.FAILED)
        await response.begin(answer or http_answer.FAILED)
        if first:
            await response.chunk(first)
        async for chunk in body:
            await response.chunk(chunk)
        if invocation.error and invocation.error.type in _CUT_OFF:
            return None
        if response.lacks_body:
            self._log.warning("On AWS this answer never ends: a streamed body must hold at least one byte.")
        return await response.end()


class _Response:
    """Sends one HTTP response over ASGI."""

    def __init__(self, send: Send, request_id: str, *, wants_body: bool) -> None:
        self._send = send
        self._wants_body = wants_body
        self._has_body = False
        self.request_id = request_id
        self.status = 0

    @property
    def lacks_body(self) -> bool:
        return self._wants_body and not self._has_body and self.status not in (204, 304)

    async def whole(self, answer: Answer) -> None:
        await self.begin(Answer(answer.status, (*answer.headers, ("content-length", str(len(answer.body))))))
        await self._send({"type": "http.response.body", "body": answer.body})

    async def begin(self, answer: Answer) -> None:
        self.status = answer.status
        headers = [*answer.headers, ("x-amzn-requestid", self.request_id)]
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": encoded})

    async def chunk(self, body: bytes) -> None:
        self._has_body = True
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b""})


async def _request(scope: Scope, receive: Receive) -> Request | None:
    """Return the request; None when its body is too large, which is then read but not kept."""
    body = bytearray()
    size = 0
    async for part in _parts(receive):
        size += len(part)
        if size <= PAYLOAD_LIMIT:
            body += part
    if size > PAYLOAD_LIMIT:
        return None
    return Request(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=bytes(body),
        client=scope["client"][0] if scope.get("client") else "127.0.0.1",
        protocol=f"HTTP/{scope['http_version']}",
    )


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)
