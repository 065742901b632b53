"""The ways of running the app of the streaming benchmark: ours, and what one would take instead."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from benchmarks.bare_runtime_api import SECONDS, Arrived, BareRuntimeApi, read_answer, read_head
from local.postgres import free_port
from tests.streaming.environment import function_url_event

ROOT = Path(__file__).resolve().parents[1]
WRAPPER = ROOT / "layers" / "common" / "sluice-runtime"
WEB_ADAPTER, BUFFERED, BARE = "AWS's Web Adapter", "Mangum, buffered", "a bare loop"
# What AWS's Web Adapter expects of a function's environment besides.
LAMBDA_VARIABLES = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
]


class Way(Protocol):
    """A running way to serve the app.

    `get` returns when the whole answer has been read: the time (`time.perf_counter()`) at which the request went out.
    """

    pids: list[int]

    def get(self, path: str, arrived: Arrived = bytes) -> float: ...


class Processes:
    """Processes that end with the block."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, *command: object, **variables: str) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'common'}", **variables}
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environment)
        self._started.append(process)
        self.pids.append(process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.kill()
            process.wait()


class BehindRuntimeApi(Processes):
    """A runtime of Lambda's: ours, the managed one, or a proxy with a web server behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.api = BareRuntimeApi()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.api.close()

    def start(self, handler: str, *command: object) -> None:
        variables = {"AWS_LAMBDA_RUNTIME_API": self.api.address, "_HANDLER": handler, "LAMBDA_TASK_ROOT": str(ROOT)}
        self.run(*command, **variables)

    def get(self, path: str, arrived: Arrived = bytes) -> float:
        return self.api.invoke(json.dumps(function_url_event("GET", path)).encode(), arrived)


class Uvicorn(Processes):
    """The app behind uvicorn, and a client that keeps its connection."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        options = ("--port", self.port, "--lifespan", "off", "--no-access-log", "--log-level", "error")
        options += ("--timeout-keep-alive", 3600)  # the others take their turns meanwhile
        self.run(sys.executable, "-m", "uvicorn", "benchmarks.streaming_app:app", *options)
        self._connection = connect(self.port)

    def __exit__(self, *error: object) -> None:
        self._connection.close()
        super().__exit__(*error)

    def get(self, path: str, arrived: Arrived = bytes) -> float:
        sent = time.perf_counter()
        self._connection.sendall(f"GET {path} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
        read_answer(self._connection, *read_head(self._connection), arrived)
        return sent


def connect(port: int) -> socket.socket:
    """Connect to a server that is about to listen."""
    ends = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def start_all(stack: ExitStack, web_adapter: Path | None) -> dict[str, Way]:
    """Start every way; AWS's Web Adapter is one of them where its program is at hand."""
    ours, two, mangum, least = (stack.enter_context(BehindRuntimeApi()) for _ in range(4))
    alone, behind = (stack.enter_context(Uvicorn()) for _ in range(2))
    ours.start("benchmarks.streaming_app.handler", WRAPPER, sys.executable, "bootstrap.py")
    two.start("", sys.executable, "-m", "benchmarks.web_adapter", port_of(two), behind.port)
    two.pids += behind.pids
    buffered = "benchmarks.streaming_app.buffered"
    mangum.start(buffered, sys.executable, "-m", "awslambdaric", buffered)
    least.start("", sys.executable, "-m", "benchmarks.bare_runtime", port_of(least))
    ways: dict[str, Way] = {"ours": ours, "uvicorn alone": alone, "two processes": two}
    if web_adapter:
        ways[WEB_ADAPTER] = start_web_adapter(stack, web_adapter)
    return {**ways, BUFFERED: mangum, BARE: least}


def start_web_adapter(stack: ExitStack, program: Path) -> Way:
    way, uvicorn = stack.enter_context(BehindRuntimeApi()), stack.enter_context(Uvicorn())
    way.run(
        program,
        AWS_LAMBDA_RUNTIME_API=way.api.address,
        AWS_LWA_PORT=str(uvicorn.port),
        AWS_LWA_READINESS_CHECK_PATH="/json",
        AWS_LWA_INVOKE_MODE="response_stream",
        RUST_LOG="error",
        **dict.fromkeys(LAMBDA_VARIABLES, "1"),
    )
    way.pids += uvicorn.pids
    return way


def port_of(way: BehindRuntimeApi) -> str:
    return way.api.address.split(":")[1]
