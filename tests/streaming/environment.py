"""An execution environment for tests: a Runtime API of ours, and a process behind the real exec wrapper."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from local.runtime_api import STREAMED_LIMIT, Invocation, InvocationError, RuntimeApi
from sluice.streaming.prelude import Prelude
from tests.streaming.prelude_reader import PreludeReader

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "abc123.lambda-url.eu-west-1.on.aws"
OURS = ROOT / "layers" / "common" / "sluice-runtime"
# Another runtime can be judged by the same tests: docs/streaming.md says how.
WRAPPER = Path(os.environ.get("JUDGED_WRAPPER", OURS))


def function_url_event(
    method: str = "GET",
    path: str = "/",
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[str] = (),
    body: bytes | str | None = None,
) -> dict[str, Any]:
    """Return an event as a function URL sends it; bytes as a body travel in base64."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": DOMAIN, "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": {
            "accountId": "anonymous",
            "domainName": DOMAIN,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "url-request",
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes),
        **({"cookies": list(cookies)} if cookies else {}),
    }
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


@dataclass(frozen=True)
class Streamed:
    """A streamed answer that has ended."""

    prelude: Prelude
    body: bytes
    error: InvocationError | None

    def json(self) -> Any:
        return json.loads(self.body)


class Reply:
    """An answer as it arrives."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self._reader = PreludeReader()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body's bytes the moment they arrive."""
        head = await self.invocation.head()
        assert head.mode == "streaming", f"{head}: {self.invocation.error}, {await self.invocation.read()!r}"
        async for data in self.invocation.body():
            if body := self._reader.feed(data):
                yield body

    @property
    def prelude(self) -> Prelude:
        assert self._reader.prelude, "no prelude has arrived yet"
        return self._reader.prelude

    async def end(self) -> Streamed:
        body = b"".join([chunk async for chunk in self.chunks()])
        return Streamed(self.prelude, body, self.invocation.error)

    async def envelope(self) -> dict[str, Any]:
        """Return the JSON of a buffered answer."""
        head = await self.invocation.head()
        assert head.mode == "buffered", f"{head}: {self.invocation.error}"
        answer: dict[str, Any] = json.loads(await self.invocation.read())
        return answer


class ExecutionEnvironment:
    """Start it with a handler's name; `invoke` as often as you like. Without a wrapper it is the managed runtime."""

    def __init__(
        self,
        handler: str,
        *,
        wrapper: Path | None = WRAPPER,
        options: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        streamed_limit: int = STREAMED_LIMIT,
    ) -> None:
        snapstart = (variables or {}).get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
        self.api = RuntimeApi(snapstart=snapstart, streamed_limit=streamed_limit)
        self.output = ""
        self._more_output = asyncio.Event()
        self._variables = {"_HANDLER": handler, "LAMBDA_TASK_ROOT": str(ROOT), **(variables or {})}
        self._command = [sys.executable, "-m", "awslambdaric", handler]
        if wrapper:
            self._command = [str(wrapper), sys.executable, *options, "bootstrap.py"]
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process, "not started"
        return self._process

    async def start(self) -> None:
        await self.api.start()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={**os.environ, "AWS_LAMBDA_RUNTIME_API": self.api.address, **self._variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.create_task(self._read_output())

    async def close(self) -> None:
        await self.api.close()
        if self.process.returncode is None:
            self.process.kill()
        await self.exit_code()

    async def exit_code(self) -> int:
        """Wait for the end of the process; all its output is in `output` then."""
        async with asyncio.timeout(20):
            if self._reading:
                await self._reading
            return await self.process.wait()

    async def invoke(
        self, event: object, *, seconds: float = 60, request_id: str | None = None, trace_id: str = ""
    ) -> Reply:
        """Give the process an event, with so many seconds until its deadline."""
        await self.ready()
        invocation = await self.api.invoke(
            json.dumps(event).encode(),
            request_id=request_id or str(uuid4()),
            deadline_ms=round((time.time() + seconds) * 1000),
            function_arn="arn:aws:lambda:eu-west-1:123456789012:function:test:live",
            trace_id=trace_id,
            invocation_id="attempt-1",
        )
        return Reply(invocation)

    async def ready(self) -> None:
        """Wait until the process polls, and so is through with the invocation before."""
        async with asyncio.timeout(30):
            await self.api.ready()

    async def asleep(self) -> None:
        """Wait until the main thread sleeps: a signal that comes on its way there is only heard when it wakes."""
        process, seen = psutil.Process(self.process.pid), 0
        async with asyncio.timeout(30):
            while seen < 5:
                seen = seen + 1 if process.status() == psutil.STATUS_SLEEPING else 0
                await asyncio.sleep(0.02)

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.invoke(function_url_event("GET", path), **options)

    async def logs(self, text: str) -> None:
        """Wait until the process has written this; fail with what it wrote instead."""
        try:
            async with asyncio.timeout(10):
                while text not in self.output:
                    self._more_output.clear()
                    await self._more_output.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} was not written, but:\n{self.output}") from None

    async def _read_output(self) -> None:
        assert self.process.stdout, "the output is a pipe"
        while data := await self.process.stdout.read(65_536):
            self.output += data.decode()
            self._more_output.set()
