"""The server: one route per request that a runtime can make."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from local.runtime_api import errors
from local.runtime_api.connection import Connection, ConnectionClosed
from local.runtime_api.environment import Environment, EnvironmentLost, Refused, State
from local.runtime_api.invocation import Head, Invocation, InvocationError, Mode

PREFIX = "/2018-06-01/runtime"
BUFFERED_LIMIT = 6 * 1024 * 1024 + 100
RESPONSE_MODE = "lambda-runtime-function-response-mode"

_ANSWER_PATH = re.compile(rf"{PREFIX}/invocation/([^/]+)/(response|error)")
_ACCEPTED = {"status": "OK"}
_TRUNCATED = InvocationError("Runtime.TruncatedResponse")


class RuntimeApi:
    """Serves one runtime. With `snapstart` there is a restore phase, in which the runtime waits for `restore()`."""

    def __init__(self, *, snapstart: bool = False) -> None:
        self.address = ""
        self.init_error: InvocationError | None = None
        self._snapstart = snapstart
        self._environment = Environment()
        self._responding: Connection | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._routes: dict[tuple[str, str], Callable[[Connection], Coroutine[Any, Any, None]]] = {
            ("GET", "/2018-06-01/ping"): self._ping,
            ("GET", f"{PREFIX}/invocation/next"): self._next,
            ("POST", f"{PREFIX}/init/error"): self._init_error,
            **({("GET", f"{PREFIX}/restore/next"): self._restore_next} if snapstart else {}),
            **({("POST", f"{PREFIX}/restore/error"): self._restore_error} if snapstart else {}),
        }

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen on a free loopback port and set `address`, the value for `AWS_LAMBDA_RUNTIME_API`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def close(self) -> None:
        """Stop serving; an invocation under way fails."""
        self.abort(InvocationError("Sandbox.Failure"))
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # The side of whoever owns the environment.

    @property
    def lost(self) -> InvocationError | None:
        """Why the runtime can't be used any more; None while it can."""
        return self._environment.lost

    async def ready(self) -> None:
        """Wait until the runtime polls, that is: it is initialised, or through with the invocation before.

        Raises `EnvironmentLost` when it never will, because its initialisation failed or its connection broke.
        """
        await self._environment.until(lambda: self._environment.state in (State.POLLING, State.LOST))
        if self.lost:
            raise EnvironmentLost(self.lost)

    async def gone(self) -> InvocationError:
        """Wait until the environment is lost, and return why; a poll whose process dies is one reason."""
        await self._environment.until(lambda: self.lost is not None)
        assert self.lost is not None  # noqa: S101 - just waited for
        return self.lost

    async def snapshot_taken(self) -> None:
        """Wait until the runtime waits to be restored; raise `EnvironmentLost` when it never will."""
        await self._environment.until(lambda: self._environment.state in (State.SNAPSHOT, State.LOST))
        if self.lost:
            raise EnvironmentLost(self.lost)

    def restore(self) -> None:
        """Let the runtime run on from its snapshot."""
        self._environment.become(State.RESTORING)

    async def invoke(
        self,
        event: bytes,
        *,
        request_id: str,
        deadline_ms: int,
        function_arn: str,
        trace_id: str = "",
        invocation_id: str = "",
        content_type: str = "application/json",
    ) -> Invocation:
        """Give the runtime an event, at once or when it next polls. `deadline_ms` is in milliseconds since the epoch.

        Raises `EnvironmentBusy` while another invocation runs, `EnvironmentLost` when the runtime is gone.
        """
        headers = {
            "Content-Type": content_type,
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": function_arn,
            "Lambda-Runtime-Trace-Id": trace_id,
            "Lambda-Runtime-Invocation-Id": invocation_id or str(uuid4()),
        }
        invocation = Invocation(event, {name: value for name, value in headers.items() if value}, request_id)
        self._environment.offer(invocation)
        return invocation

    def abort(self, error: InvocationError) -> None:
        """Give the environment up, as after a timeout or the end of its process; an open response is cut off."""
        self._environment.lose(error)
        self.hang_up()

    def hang_up(self) -> None:
        """Break the connection of the open response, as a network would; the environment goes on."""
        if self._responding and self._environment.current:
            self._responding.abort()
            self._environment.current.finish(_TRUNCATED)

    # The side of the runtime.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream's callback always runs in a task
        self._tasks.add(task)
        connection = Connection(reader, writer)
        try:
            while request := await connection.request():
                await self._answer(connection, request.method.decode(), request.target.decode())
        except (ConnectionClosed, asyncio.CancelledError):
            pass  # the client is gone, or this server is closing
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, connection: Connection, method: str, path: str) -> None:
        try:
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
        try:
            async for chunk in connection.body():
                await invocation.feed(chunk)
            error = errors.trailed(connection.trailers)
        finally:
            self._responding = None
            invocation.finish(error)
            self._environment.become(State.RESPONDED)
        await connection.respond_json(202, _ACCEPTED)

    async def _buffered(self, connection: Connection, invocation: Invocation) -> None:
        body = await _read(connection)
        self._environment.become(State.RESPONDED)
        if len(body) > BUFFERED_LIMIT:
            invocation.finish(InvocationError("Function.ResponseSizeTooLarge"))
            message = f"Exceeded maximum allowed payload size ({BUFFERED_LIMIT} bytes)."
            await connection.respond_json(413, {"errorMessage": message, "errorType": "RequestEntityTooLarge"})
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


async def _read(connection: Connection) -> bytes:
    return b"".join([chunk async for chunk in connection.body()])


def _head(mode: Mode, connection: Connection) -> Head:
    return Head(mode, connection.headers.get("content-type", ""), dict(connection.headers))
