"""One execution environment: a process that Lambda would have started, and its Runtime API."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

from local.log_pipe import LogPipe
from local.runtime_api import EnvironmentLost, Invocation, InvocationError, RuntimeApi
from local.template import Function

MEMORY_SAMPLE_SECONDS = 0.25
# The streaming runtime may take two seconds to end in good order.
TERM_SECONDS = 2.5
# Lambda gives initialisation ten seconds, then tries once more on the function's own time.
INIT_SECONDS = 10.0
LINE_LIMIT = 1024 * 1024
MEGABYTE = 1024 * 1024

# Lambda sets these itself, so that neither the user's shell nor the template may.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RESERVED = {"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_EXECUTION_ENV"}
RESERVED_PREFIXES = ("AWS_LAMBDA_", "LAMBDA_")


def is_reserved(name: str) -> bool:
    return name in RESERVED or name.startswith(RESERVED_PREFIXES)


class Environment:
    """Runs one function, one invocation at a time. `root` is the folder of its code, `variables` its environment."""

    def __init__(self, function: Function, root: Path, variables: Mapping[str, str]) -> None:
        self.function = function
        self._root = root
        self._variables = variables
        self._api = RuntimeApi()
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._log = logging.getLogger(f"local.{function.logical_id}")

    @property
    def lost(self) -> InvocationError | None:
        """Why this environment can't be used any more; None while it can."""
        return self._api.lost

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process and wait until it asks for an event; raise `EnvironmentLost` when it never does."""
        await self._api.start()
        log = LogPipe()
        self._process = await asyncio.create_subprocess_exec(
            *_command(self.function),
            cwd=self._root,
            env={**self._environment(), **log.variables},
            pass_fds=[log.inherited],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        log.hand_over()
        watches = [
            self._copy_log(log),
            self._copy(self._process.stdout),
            self._copy(self._process.stderr),
            self._watch_memory(),
            self._watch_end(),
        ]
        self._tasks = [asyncio.create_task(watch) for watch in watches]
        try:
            async with asyncio.timeout(INIT_SECONDS + self.function.timeout_seconds):
                await self._api.ready()
        except TimeoutError as error:
            self._kill(InvocationError("Sandbox.Timedout", {"errorMessage": "Initialisation took too long."}))
            raise EnvironmentLost(await self._api.gone()) from error

    async def begin(self, event: bytes, *, trace_id: str = "") -> Invocation:
        """Hand the event to the process; then `run` must be awaited, while somebody reads the answer."""
        deadline = time.time() + self.function.timeout_seconds
        return await self._api.invoke(
            event,
            request_id=str(uuid4()),
            deadline_ms=int(deadline * 1000),
            function_arn=self.function.arn,
            trace_id=trace_id,
        )

    async def run(self, invocation: Invocation) -> None:
        """Wait until the process asks for the next event, or kill it at the function's timeout."""
        try:
            async with asyncio.timeout(self.function.timeout_seconds):
                await invocation.head()
                await self._api.ready()
        except TimeoutError:
            message = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
            self._log.error("%s %s", invocation.request_id, message)
            self._kill(InvocationError("Sandbox.Timedout", {"errorMessage": message}))
        except EnvironmentLost:
            pass  # whoever lost it has said why

    async def stop(self) -> None:
        """End the process: politely at first, then for certain. Nothing of its group stays."""
        self._stopping = True
        if self._process and self._process.returncode is None:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), TERM_SECONDS)
        self._signal(signal.SIGKILL)
        if self._process:
            await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.close()

    def _environment(self) -> dict[str, str]:
        """Return the variables as Lambda sets them. `LAMBDA_RUNTIME_DIR` is left out: the runtime lies in the venv."""
        name = self.function.name
        return {
            **self._variables,
            "_HANDLER": self.function.handler,
            "LAMBDA_TASK_ROOT": str(self._root),
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.function.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid4().hex}",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "PYTHONUNBUFFERED": "1",
        }

    async def _copy_log(self, log: LogPipe) -> None:
        async for message in log.messages():
            self._log.info("%s", message.rstrip())

    async def _copy(self, stream: asyncio.StreamReader | None) -> None:
        """Log what the process prints, line by line; one that is too long is left out rather than kept in memory."""
        while stream:
            try:
                line = await stream.readline()
            except ValueError:
                self._log.warning("(a line of more than %s bytes was left out)", LINE_LIMIT)
                continue
            if not line:
                return
            self._log.info("%s", line.decode(errors="replace").rstrip())

    async def _watch_end(self) -> None:
        assert self._process is not None  # noqa: S101 - this task is made after the process
        code = await self._process.wait()
        reason = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        if not self.lost and not self._stopping:
            self._log.error("Runtime exited with error: %s", reason)
        self._api.abort(InvocationError("Runtime.ExitError", {"errorMessage": f"Runtime exited with error: {reason}"}))

    async def _watch_memory(self) -> None:
        """Lambda's limit is for all processes of an environment together, and so is this one."""
        assert self._process is not None  # noqa: S101 - this task is made after the process
        limit = self.function.memory_mb * MEGABYTE
        while (used := _memory(self._process.pid, limit)) <= limit:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(MEMORY_SAMPLE_SECONDS)
        message = f"Memory used: {used // MEGABYTE} MB of {self.function.memory_mb} MB (MemorySize). Killed."
        self._log.error("%s", message)
        self._kill(InvocationError("Runtime.ExitError", {"errorMessage": message}))

    def _kill(self, error: InvocationError) -> None:
        self._api.abort(error)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        """Signal the process and all that it started."""
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def _command(function: Function) -> list[str]:
    """Return the start command: that of the managed runtime, behind the exec wrapper if the function has one."""
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    start = [sys.executable, "-m", "awslambdaric", function.handler]
    if wrapper:
        start = [str(_in_layers(function, wrapper)), sys.executable, "/var/runtime/bootstrap.py"]
    # So that it ends when this process is killed and can't end it; without setpriv it ends when it next wants an event.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=KILL", *start] if setpriv else start


def _in_layers(function: Function, path: str) -> Path:
    """Return where a file of /opt lies here; later layers hide earlier ones."""
    inside = path.removeprefix("/opt/")
    folders = [layer / inside for layer in reversed(function.layers)]
    return next((file for file in folders if file.exists()), folders[0] if folders else Path(path))


def _memory(pid: int, limit: int) -> int:
    """Return the bytes that a process and its descendants hold.

    Pages that they share are counted once where the system tells, and only when it matters: it costs milliseconds.
    """
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        used = sum(member.memory_info().rss for member in family)
        if used <= limit or not psutil.LINUX:
            return used
        return sum(member.memory_full_info().pss for member in family)
    except psutil.Error:
        return 0  # it has just ended
