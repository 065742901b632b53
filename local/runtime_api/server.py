"""The Runtime API of one environment, for whoever owns the environment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import uuid4

from local.runtime_api.connection import Connection, ConnectionClosed
from local.runtime_api.environment import Environment, EnvironmentLost, State
from local.runtime_api.invocation import Invocation, InvocationError
from local.runtime_api.routes import STREAMED_LIMIT, Routes


class RuntimeApi:
    """Serves one runtime. With `snapstart` there is a restore phase, in which the runtime waits for `restore()`.

    A streamed answer is cut off after `streamed_limit` bytes.
    """

    def __init__(self, *, snapstart: bool = False, streamed_limit: int = STREAMED_LIMIT) -> None:
        self.address = ""
        self._environment = Environment()
        self._routes = Routes(self._environment, snapstart=snapstart, streamed_limit=streamed_limit)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

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

    @property
    def init_error(self) -> InvocationError | None:
        """What the runtime said of an initialisation that failed."""
        return self._routes.init_error

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
        self._routes.hang_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream's callback always runs in a task
        self._tasks.add(task)
        connection = Connection(reader, writer)
        try:
            while request := await connection.request():
                await self._routes.answer(connection, request.method.decode(), request.target.decode())
        except (ConnectionClosed, asyncio.CancelledError):
            pass  # the client is gone, or this server is closing
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
