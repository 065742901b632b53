"""Runs the parser in a process of its own, so that a hostile document costs nothing but itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

from sluice import errors
from sluice.adapters.parsers.child import STARTED, Request
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, DocumentTooLarge, NotReady

# `-I` and `-S` skip what a child does not need; the parent's path finds the modules that the parent found.
_START = "import sys; sys.path[:] = {path!r}; from sluice.adapters.parsers.child import main; main()"


class IsolatedParser:
    """Reads each document in a child process with limits on time and memory.

    A child gets the document and nothing else: no environment, hence no credentials.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        timeout_seconds: float = 60.0,
        memory_bytes: int = 1024 * 1024 * 1024,
        executable: str = sys.executable,
    ) -> None:
        self._limits = limits
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._command = [executable, "-I", "-S", "-c", _START.format(path=sys.path)]

    async def parse(self, name: str, body: bytes) -> AsyncGenerator[ParsedDocument, None]:
        """Yield the document in parts as they are read; raise `DocumentError`, even for a bomb or a crash.

        Raises `NotReady` when no child can be started, for which no document is to blame.
        """
        try:
            # A line holds some pages, and the limit on characters bounds it.
            limit = 8 * self._limits.characters + (1 << 20)
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=environment(), limit=limit
            )
        except OSError as error:
            raise NotReady("The parser's process could not be started; there may be no memory left.") from error
        request = json.dumps(self._request(name)).encode() + b"\n"
        feeding = asyncio.create_task(_feed(child, request, body))
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            await self._expect_start(child, deadline)
            while (part := _part(await self._line(child, deadline))) is not None:
                yield part
        finally:
            _end(child)
            await feeding
            await child.wait()

    async def _expect_start(self, child: Process, deadline: float) -> None:
        if (await self._line(child, deadline)).strip() != STARTED:
            code = await child.wait()
            raise NotReady(f"The parser's process did not start (exit code {code}); the log says why.")

    async def _line(self, child: Process, deadline: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - it was asked for
        try:
            async with asyncio.timeout_at(deadline):
                return await child.stdout.readline()
        except TimeoutError as error:
            raise DocumentTooLarge(f"The file took longer to read than {self._timeout_seconds:g} seconds.") from error
        except ValueError as error:
            raise DocumentTooLarge("The file holds more text than is allowed.") from error

    def _request(self, name: str) -> Request:
        return Request(
            name=name,
            limits=asdict(self._limits),
            memory_bytes=self._memory_bytes,
            cpu_seconds=int(self._timeout_seconds) + 1,
        )


def environment() -> dict[str, str]:
    """Return all that a child is told: where a Python that is built shared, as Lambda's is, finds its library."""
    return {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib", "PYTHONUTF8": "1"}


def _end(child: Process) -> None:
    """Kill the child if it lives. `Process.kill` would collect the exit code that the loop's watcher waits for."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)


async def _feed(child: Process, *pieces: bytes) -> None:
    """Write the document; a child that refuses it early closes the pipe."""
    assert child.stdin is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.writelines(pieces)
        await child.stdin.drain()
    child.stdin.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await child.stdin.wait_closed()


def _part(line: bytes) -> ParsedDocument | None:
    """Return the next part, None at the end, or raise why there is none; a broken line is a damaged document."""
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise DamagedDocument("The file can't be read: its reader ran out of memory or crashed on it.") from error
    if "not_ready" in answer:
        raise NotReady(answer["not_ready"])
    if "code" in answer:
        raise _error(answer["code"], answer["message"])
    if "part" not in answer:
        return None
    part = answer["part"]
    blocks = tuple(Block(**block) for block in part.pop("blocks"))
    return ParsedDocument(blocks=blocks, **part)


def _error(code: str, message: str) -> DocumentError:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DocumentError))
    return next((kind for kind in kinds if kind.code == code), DocumentError)(message)
