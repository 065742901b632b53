"""How long do an app's bytes take to leave, through each way of running it, and how much processor time?

The clock starts when the app calls `send()`, or when a request goes out, and stops when the bytes are read outside of
the app's processes: from the socket of the Runtime API, a server with next to nothing in it, or, for uvicorn alone,
from the client's. What Lambda and its function URL add is the same for all and not measured. Processor time is that of
all processes of a way. All ways run the same app and take turns; the figures are medians of the rounds.

    python -m benchmarks.streaming --rounds 5

AWS's Web Adapter is measured too where its program is at hand:

    cargo install --root /tmp/adapter lambda_web_adapter@1.0.0-rc1
    python -m benchmarks.streaming --web-adapter /tmp/adapter/bin/lambda-adapter
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil

from benchmarks import report
from benchmarks.environments import peak_memory
from benchmarks.streaming_ways import BARE, BUFFERED, WEB_ADAPTER, Way, start_all
from local.evaluation.metrics import percentile

STAMP = re.compile(rb"T(\d{19})E")
LATENCY_CHUNKS, CHUNKS, BULK_PIECES, REQUESTS = 1000, 5000, 400, 500
PIECE = 65_536

Figures = dict[str, float]

HEADINGS = {
    "latency_median_ms": "delay of a chunk, median ms",
    "latency_p99_ms": "p99 ms",
    "cpu_per_chunk_us": "CPU a chunk, µs",
    "chunks_per_second": "chunks/s",
    "megabytes_per_second": "MB/s",
    "first_byte_median_ms": "first byte, median ms",
    "cpu_per_request_us": "CPU a request, µs",
    "requests_per_second": "requests/s",
    "peak_memory_mib": "peak memory, MiB",
}


def measure(name: str, way: Way) -> Figures:
    """Return one round's figures: a bare loop knows requests only, and what buffers can't take more than 6 MB."""
    if name == BARE:
        return measure_requests(way)
    pieces = 40 if name == BUFFERED else BULK_PIECES
    return {
        **measure_chunks(way),
        "chunks_per_second": CHUNKS / seconds(way, f"/chunks/{CHUNKS}"),
        "megabytes_per_second": pieces * PIECE / seconds(way, f"/bulk/{pieces}") / 1e6,
        **measure_requests(way),
    }


def measure_chunks(way: Way) -> Figures:
    """Measure chunks that are sent one by one, a millisecond apart."""
    delays: list[float] = []

    def note(data: bytes) -> None:
        now = time.perf_counter_ns()
        delays.extend((now - int(sent)) / 1e6 for sent in STAMP.findall(data))

    used = processor_seconds(way)
    way.get(f"/latency/{LATENCY_CHUNKS}", note)
    assert len(delays) == LATENCY_CHUNKS
    return {
        "latency_median_ms": median(delays),
        "latency_p99_ms": percentile(delays, 0.99),
        "cpu_per_chunk_us": 1e6 * (processor_seconds(way) - used) / LATENCY_CHUNKS,
    }


def measure_requests(way: Way) -> Figures:
    """Measure tiny answers, one after the other."""
    waited: list[float] = []
    used, began = processor_seconds(way), time.perf_counter()
    for _ in range(REQUESTS):
        arrived: list[float] = []
        sent = way.get("/json", lambda _, arrived=arrived: arrived.append(time.perf_counter()))  # type: ignore[misc] # its default
        waited.append(arrived[0] - sent)
    return {
        "first_byte_median_ms": 1000 * median(waited),
        "cpu_per_request_us": 1e6 * (processor_seconds(way) - used) / REQUESTS,
        "requests_per_second": REQUESTS / (time.perf_counter() - began),
    }


def processor_seconds(way: Way) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in way.pids)


def seconds(way: Way, path: str) -> float:
    began = time.perf_counter()
    way.get(path)
    return time.perf_counter() - began


def run(rounds: int, web_adapter: Path | None) -> dict[str, Figures]:
    figures: dict[str, list[Figures]] = defaultdict(list)
    with ExitStack() as stack:
        ways = start_all(stack, web_adapter)
        for way in ways.values():
            way.get("/chunks/100")  # a first request is another benchmark's
        for _ in range(rounds):
            for name, way in ways.items():
                figures[name].append(measure(name, way))
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
    rows: list[Sequence[object]] = [[name, *(shown(found, key) for key in HEADINGS)] for name, found in result.items()]
    ours = result["ours"]
    rows += [
        [
            f"ours, x {other}",
            *(f"{ours[key] / result[other][key]:.2f}" if key in result[other] else "" for key in HEADINGS),
        ]
        for other in ("uvicorn alone", "two processes", WEB_ADAPTER, BARE)
        if other in result
    ]
    table = report.table(["", *HEADINGS.values()], rows)
    report.replace("streaming.md", "measured", table)
    bars = {
        name: {"median": found["latency_median_ms"], "p99": found["latency_p99_ms"]}
        for name, found in result.items()
        if name not in (BUFFERED, BARE)
    }
    report.plot(report.DOCS / "streaming.svg", "From send() to the byte outside", "ms", bars)
    return table


def shown(figures: Figures, key: str) -> str:
    if key not in figures:
        return ""
    value = figures[key]
    return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (default 5)")
    parser.add_argument("--web-adapter", type=Path, metavar="PROGRAM", help="the program of AWS's Lambda Web Adapter")
    arguments = parser.parse_args()
    print(write(run(arguments.rounds, arguments.web_adapter), arguments.rounds))


if __name__ == "__main__":
    main()
