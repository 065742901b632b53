"""The side of the runtime: one route per request that it can make."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from local.own_names import OwnNames
from local.runtime_api import errors
from local.runtime_api.connection import Connection, ConnectionClosed
from local.runtime_api.environment import Environment, Refused, State
from local.runtime_api.invocation import Head, Invocation, InvocationError, Mode

PREFIX = "/2018-06-01/runtime"
BUFFERED_LIMIT = 6 * 1024 * 1024 + 100
STREAMED_LIMIT = 200 * 1024 * 1024
RESPONSE_MODE = "lambda-runtime-function-response-mode"

_ANSWER_PATH = re.compile(rf"{PREFIX}/invocation/([^/]+)/(response|error)")
_ACCEPTED = {"status": "OK"}
_TRUNCATED = InvocationError("Runtime.TruncatedResponse")
_TOO_LARGE = InvocationError("Function.ResponseSizeTooLarge")


class Routes:
    """Answers the requests of one runtime, each as the state of its environment allows."""

    def __init__(self, environment: Environment, *, snapstart: bool, streamed_limit: int) -> None:
        self.init_error: InvocationError | None = None
        self._environment = environment
        self._streamed_limit = streamed_limit
        self._responding: Connection | None = None
        self._routes: dict[tuple[str, str], Callable[[Connection], Coroutine[Any, Any, None]]] = {
            ("GET", "/2018-06-01/ping"): self._ping,
            ("GET", f"{PREFIX}/invocation/next"): self._next,
            ("POST", f"{PREFIX}/init/error"): self._init_error,
            **({("GET", f"{PREFIX}/restore/next"): self._restore_next} if snapstart else {}),
            **({("POST", f"{PREFIX}/restore/error"): self._restore_error} if snapstart else {}),
        }

    def hang_up(self) -> None:
        """Break the connection of the open response, if there is one."""
        if self._responding and self._environment.current:
            self._responding.abort()
            self._environment.current.finish(_TRUNCATED)

    async def answer(self, connection: Connection, method: str, path: str) -> None:
        """Answer one request; a refusal reads it to its end."""
        try:
            _require_a_runtime(connection)
            if route := self._routes.get((method, path)):
                await route(connection)
            elif (answer := _ANSWER_PATH.fullmatch(path)) and method == "POST":
                request_id, kind = answer.groups()
                await (self._response if kind == "response" else self._error)(connection, request_id)
            else:
                raise Refused(404, "NotFound", f"There is no {method} {path}.")
        except Refused as refusal:
            async for _ in connection.body():
                pass
            await connection.respond_json(refusal.status, refusal.content)

    async def _ping(self, connection: Connection) -> None:
        await _read(connection)
        await connection.respond(200, b"pong", {"content-type": "text/plain"})

    async def _next(self, connection: Connection) -> None:
        environment = self._environment
        if environment.state is not State.RUNNING:
            environment.require(State.INITIALISING, State.RESTORING, State.RESPONDED)
            await self._poll(connection)
        else:
            await _read(connection)  # asked again before it answered: the same event once more
        if invocation := environment.current:
            await connection.respond(200, invocation.event, invocation.headers)

    async def _poll(self, connection: Connection) -> None:
        await _read(connection)
        self._environment.become(State.POLLING)
        try:
            await connection.unless_closed(self._environment.until(self._environment.has_offer))
        except ConnectionClosed:
            self._environment.lose(InvocationError("Runtime.ExitError"))
            raise
        self._environment.become(State.RUNNING)

    async def _response(self, connection: Connection, request_id: str) -> None:
        invocation = self._environment.running(request_id)
        mode = connection.headers.get(RESPONSE_MODE, "buffered")
        if mode == "streaming":
            await self._streamed(connection, invocation)
        elif mode == "buffered":
            await self._buffered(connection, invocation)
        else:
            self._environment.lose(InvocationError("Runtime.InvalidResponseModeHeader"))
            raise Refused(400, "InvalidFunctionResponseMode", f"Invalid response mode: {mode!r}.")

    async def _streamed(self, connection: Connection, invocation: Invocation) -> None:
        self._environment.become(State.RESPONDING)
        self._responding = connection
        invocation.begin(_head("streaming", connection))
        error: InvocationError | None = _TRUNCATED
        left = self._streamed_limit
        try:
            async for chunk in connection.body():
                await invocation.feed(chunk[:left])
                left -= len(chunk)
                if left < 0:
                    error = _TOO_LARGE
                    break
            else:
                error = errors.trailed(connection.trailers)
        finally:
            self._responding = None
            invocation.finish(error)
            self._environment.become(State.RESPONDED)
        if error is _TOO_LARGE:
            await _refuse_size(connection, self._streamed_limit)
            await _read(connection)  # closed at once, the connection could take the refusal with it
        else:
            await connection.respond_json(202, _ACCEPTED)

    async def _buffered(self, connection: Connection, invocation: Invocation) -> None:
        body = await _read(connection)
        self._environment.become(State.RESPONDED)
        if len(body) > BUFFERED_LIMIT:
            invocation.finish(_TOO_LARGE)
            await _refuse_size(connection, BUFFERED_LIMIT)
            return
        invocation.begin(_head("buffered", connection))
        await invocation.feed(body)
        invocation.finish()
        await connection.respond_json(202, _ACCEPTED)

    async def _error(self, connection: Connection, request_id: str) -> None:
        """The service answers this only after an open response has ended: a runtime that waits for it hangs."""
        await self._environment.until(lambda: self._environment.state is not State.RESPONDING)
        invocation = self._environment.running(request_id)
        error = errors.posted(connection.headers, await _read(connection))
        self._environment.become(State.RESPONDED)
        invocation.begin(_head("error", connection))
        invocation.finish(error)
        await connection.respond_json(202, _ACCEPTED)

    async def _init_error(self, connection: Connection) -> None:
        self._environment.require(State.INITIALISING, State.RESTORING)
        self.init_error = errors.posted(connection.headers, await _read(connection))
        self._environment.lose(self.init_error)
        await connection.respond_json(202, _ACCEPTED)

    async def _restore_next(self, connection: Connection) -> None:
        self._environment.require(State.INITIALISING)
        await _read(connection)
        self._environment.become(State.SNAPSHOT)
        try:
            await connection.unless_closed(self._environment.until(self._is_restored))
        except ConnectionClosed:
            self._environment.lose(InvocationError("Runtime.ExitError"))
            raise
        await connection.respond_json(200, {})

    def _is_restored(self) -> bool:
        return self._environment.state is not State.SNAPSHOT

    async def _restore_error(self, connection: Connection) -> None:
        self._environment.require(State.RESTORING)
        self._environment.lose(errors.posted(connection.headers, await _read(connection)))
        await connection.respond_json(202, _ACCEPTED)


def _require_a_runtime(connection: Connection) -> None:
    """Refuse a browser, whose pages of any site could take events: it says who asks, or by a name that is not ours."""
    headers = connection.headers
    if not OwnNames().include(headers.get("host", "")) or {"origin", "sec-fetch-site"} & headers.keys():
        raise Refused(403, "Forbidden", "Only a runtime on this machine is answered.")


async def _read(connection: Connection) -> bytes:
    return b"".join([chunk async for chunk in connection.body()])


async def _refuse_size(connection: Connection, limit: int) -> None:
    message = f"Exceeded maximum allowed payload size ({limit} bytes)."
    await connection.respond_json(413, {"errorMessage": message, "errorType": "RequestEntityTooLarge"})


def _head(mode: Mode, connection: Connection) -> Head:
    return Head(mode, connection.headers.get("content-type", ""), dict(connection.headers))
