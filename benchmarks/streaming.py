"""How long do an app's bytes take to leave, through each way of running it?

The clock starts when the app calls `send()` and stops when the bytes are read outside of the app's processes: from the
socket of the Runtime API, a server with next to nothing in it, or, for uvicorn alone, from the client's. What Lambda
and its function URL add is the same for all and not measured. All ways run the same app and take turns; the figures are
medians of the rounds.

    python -m benchmarks.streaming --rounds 5
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Protocol, Self

from benchmarks import report
from benchmarks.bare_runtime_api import SECONDS, Arrived, BareRuntimeApi, read_answer, read_head
from benchmarks.environments import peak_memory
from local.evaluation.metrics import percentile
from local.postgres import free_port
from tests.streaming.environment import function_url_event

ROOT = Path(__file__).resolve().parents[1]
WRAPPER = ROOT / "layers" / "common" / "sluice-runtime"
STAMP = re.compile(rb"T(\d{19})E")
LATENCY_CHUNKS, CHUNKS, BULK_PIECES, REQUESTS = 1000, 5000, 400, 200
PIECE = 65_536

Figures = dict[str, float]


class Way(Protocol):
    """A running way to serve the app. `get` returns when the whole answer has been read."""

    pids: list[int]

    def get(self, path: str, arrived: Arrived = bytes) -> None: ...


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

    def get(self, path: str, arrived: Arrived = bytes) -> None:
        self.api.invoke(json.dumps(function_url_event("GET", path)).encode(), arrived)


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

    def get(self, path: str, arrived: Arrived = bytes) -> None:
        self._connection.sendall(f"GET {path} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
        read_answer(self._connection, *read_head(self._connection), arrived)


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


def start_all(stack: ExitStack) -> dict[str, Way]:
    ours, two, mangum = (stack.enter_context(BehindRuntimeApi()) for _ in range(3))
    alone, behind = (stack.enter_context(Uvicorn()) for _ in range(2))
    ours.start("benchmarks.streaming_app.handler", WRAPPER, sys.executable, "bootstrap.py")
    two.start("", sys.executable, "-m", "benchmarks.web_adapter", two.api.address.split(":")[1], behind.port)
    two.pids += behind.pids
    buffered = "benchmarks.streaming_app.buffered"
    mangum.start(buffered, sys.executable, "-m", "awslambdaric", buffered)
    return {"ours": ours, "uvicorn alone": alone, "two processes": two, "Mangum, buffered": mangum}


def measure(way: Way, *, buffers: bool) -> Figures:
    """Return one round's figures; a way that buffers can't take more than 6 MB."""
    delays: list[float] = []

    def note(data: bytes) -> None:
        now = time.perf_counter_ns()
        delays.extend((now - int(sent)) / 1e6 for sent in STAMP.findall(data))

    way.get(f"/latency/{LATENCY_CHUNKS}", note)
    assert len(delays) == LATENCY_CHUNKS
    pieces = 40 if buffers else BULK_PIECES
    chunks = seconds(way, f"/chunks/{CHUNKS}")
    bulk = seconds(way, f"/bulk/{pieces}")
    began = time.perf_counter()
    for _ in range(REQUESTS):
        way.get("/json")
    return {
        "latency_median_ms": median(delays),
        "latency_p99_ms": percentile(delays, 0.99),
        "chunks_per_second": CHUNKS / chunks,
        "megabytes_per_second": pieces * PIECE / bulk / 1e6,
        "requests_per_second": REQUESTS / (time.perf_counter() - began),
    }


def seconds(way: Way, path: str) -> float:
    began = time.perf_counter()
    way.get(path)
    return time.perf_counter() - began


def run(rounds: int) -> dict[str, Figures]:
    figures: dict[str, list[Figures]] = defaultdict(list)
    with ExitStack() as stack:
        ways = start_all(stack)
        for way in ways.values():
            way.get("/chunks/100")  # a first request is another benchmark's
        for _ in range(rounds):
            for name, way in ways.items():
                figures[name].append(measure(way, buffers=name.startswith("Mangum")))
        memory = {name: sum(peak_memory(pid) for pid in way.pids) for name, way in ways.items()}
    return {
        name: {
            **{key: round(median(each[key] for each in all_), 3) for key in all_[0]},
            "peak_memory_mib": round(memory[name], 1),
        }
        for name, all_ in figures.items()
    }


def write(result: Mapping[str, Figures], rounds: int) -> str:
    """Write JSON, table and plot; return the table."""
    report.write_json("streaming", {"rounds": rounds, "medians": result})
    keys = list(result["ours"])
    rows: list[Sequence[object]] = [
        [name, *(f"{found[key]:,.3g}" if found[key] < 100 else f"{found[key]:,.0f}" for key in keys)]
        for name, found in result.items()
    ]
    ours = result["ours"]
    rows += [
        [f"ours, x {other}", *(f"{ours[key] / result[other][key]:.2f}" for key in keys)]
        for other in ("uvicorn alone", "two processes")
    ]
    head = ["", "delay of a chunk, median ms", "p99 ms", "chunks/s", "MB/s", "requests/s", "peak memory, MiB"]
    table = report.table(head, rows)
    report.replace("streaming.md", "measured", table)
    bars = {
        name: {"median": found["latency_median_ms"], "p99": found["latency_p99_ms"]}
        for name, found in result.items()
        if not name.startswith("Mangum")
    }
    report.plot(report.DOCS / "streaming.svg", "From send() to the byte outside", "ms", bars)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (default 5)")
    arguments = parser.parse_args()
    print(write(run(arguments.rounds), arguments.rounds))


if __name__ == "__main__":
    main()
