"""An execution environment to measure: a process behind the exec wrapper, and a Runtime API that times its answers."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from local.runtime_api import RuntimeApi
from tests.streaming.environment import function_url_event
from tests.streaming.prelude_reader import PreludeReader

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """When an answer's first byte and its first match arrived (`time.perf_counter()`), and all of it."""

    first_byte: float
    first_match: float
    body: bytes


class MeasuredEnvironment:
    """Runs `command` with a Runtime API of its own until the block ends. `started` is when the process was made."""

    def __init__(self, command: Sequence[str | Path], variables: Mapping[str, str], *, snapstart: bool = False) -> None:
        self.api = RuntimeApi(snapstart=snapstart)
        self.started = 0.0
        self._command = [str(part) for part in command]
        kind = "snap-start" if snapstart else "on-demand"
        self._variables = {**variables, "AWS_LAMBDA_INITIALIZATION_TYPE": kind}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> MeasuredEnvironment:
        await self.api.start()
        # Nothing of this process's own environment: what a developer has set would be measured too.
        variables = {"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": self.api.address, **self._variables}
        self.started = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=variables, stdout=asyncio.subprocess.DEVNULL
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process
        await self.api.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def ask(self, method: str, path: str, *, body: str | None = None, until: bytes = b"") -> Answer:
        """Send a request, at the latest when the process polls, and read the answer; `until` is the match."""
        headers = {"content-type": "application/json"}
        event = function_url_event(method, path, headers=headers, body=body)
        return await self.invoke(json.dumps(event).encode(), until)

    async def invoke(
        self, event: bytes, until: bytes = b"", arrived: Callable[[bytes], object] | None = None
    ) -> Answer:
        """Send an event; `arrived` is called with each piece of the body."""
        invocation = await self.api.invoke(
            event,
            request_id=str(uuid4()),
            deadline_ms=round((time.time() + 120) * 1000),
            function_arn="arn:aws:lambda:eu-west-1:123456789012:function:measured",
        )
        reader, body, first_byte, first_match = PreludeReader(), bytearray(), 0.0, 0.0
        async for piece in invocation.body():
            data = reader.feed(piece)
            body += data
            first_byte = first_byte or (time.perf_counter() if body else 0.0)
            first_match = first_match or (time.perf_counter() if until in body and body else 0.0)
            if arrived:
                arrived(data)
        assert not invocation.error, invocation.error
        assert until in body, body.decode(errors="replace")
        return Answer(first_byte, first_match, bytes(body))

    def peak_memory(self) -> float:
        """Return the most memory that the process has held so far, in MiB (`VmHWM`)."""
        assert self._process
        return peak_memory(self._process.pid)


def peak_memory(pid: int) -> float:
    """Return the most memory that a process has held so far, in MiB (`VmHWM`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) / 1024
