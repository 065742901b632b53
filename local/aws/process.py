"""Runs the server as a child process."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from local.template import Place

logger = logging.getLogger("local.aws")

STOP_SECONDS = 5.0
SHORT_LIFE_SECONDS = 2.0


class AwsError(Exception):
    """S3 and SQS could not be started."""


class Aws:
    """S3 and SQS of one stack; what they hold is kept in `folder` between runs."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        place: Place,
        *,
        allowed_hosts: Sequence[str] = (),
        short_life_seconds: float = SHORT_LIFE_SECONDS,
    ) -> None:
        self._template = template
        self._folder = folder
        self._place = place
        self._allowed_hosts = allowed_hosts
        self._short_life_seconds = short_life_seconds
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server and wait until its bucket and queues stand; raise `AwsError` when it ends instead."""
        port = self._place.endpoint.rpartition(":")[2]
        command = [sys.executable, "-m", "local.aws.server", str(self._template), str(self._folder), port]
        self._process = await asyncio.create_subprocess_exec(
            *(*command, self._place.region, *self._allowed_hosts),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        while (line := await self._process.stdout.readline()) != b"ready\n":
            if not line:
                raise AwsError(f"S3 and SQS did not start: {await self._last_words()}")
            logger.warning("%s", line.decode(errors="replace").rstrip())

    async def keep_running(self) -> None:
        """Start the server again whenever it ends by itself, for ever; raise `AwsError` when it does not live long.

        It goes on with what it has kept. Who calls it meanwhile is refused, and tries again.
        """
        assert self._process is not None  # noqa: S101 - called after it was started
        while True:
            started = time.monotonic()
            await self._pass_on_warnings(self._process)
            await self._process.wait()
            words = await self._last_words()
            if time.monotonic() - started < self._short_life_seconds:
                raise AwsError(f"S3 and SQS ended as soon as they had started: {words}")
            logger.warning("S3 and SQS ended (%s) and are started again.", words)
            await self.start()

    async def _pass_on_warnings(self, process: Process) -> None:
        """Log what the server says, until it ends."""
        assert process.stdout is not None  # noqa: S101 - it was asked for
        async for line in process.stdout:
            logger.warning("%s", line.decode(errors="replace").rstrip())

    async def stop(self) -> None:
        """End the server; it keeps what has changed first."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _last_words(self) -> str:
        assert self._process is not None  # noqa: S101 - called after it was started
        _, errors = await self._process.communicate()
        lines = errors.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"
