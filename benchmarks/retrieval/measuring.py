"""Recall, times and queries per second of a way of searching."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median_low

from benchmarks.retrieval.server import busy_seconds, say, set_ef_search
from benchmarks.retrieval.ways import DEPTH, Opening, Way
from benchmarks.topics import Numbers
from local.evaluation.metrics import percentile

EF_SEARCH = (*range(10, 200, 10), *range(200, 400, 20), 400, 600, 800, 1000)
CLIENTS = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of searching; times are milliseconds as the caller sees them.

    `cpu_ms` is what a search takes of this process and of the server's session: it says more where others work too.
    """

    way: str
    ef_search: int
    recall_at_10: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    queries_per_second_1: float
    queries_per_second_8: float


class Measuring:
    """Measures ways on one server against the true neighbours of each query."""

    def __init__(self, url: str, truth: Numbers) -> None:
        self._url = url
        self._truth = truth.tolist()

    async def smallest_ef_search(self, name: str, opening: Opening, *, recall: float) -> int:
        """Return the smallest `ef_search` that reaches the recall; the largest if none does."""
        for ef_search in EF_SEARCH:
            set_ef_search(self._url, ef_search)
            way = opening()
            measured = self._recall([await way.ask(number) for number in self._numbers])
            await way.close()
            say(f"{name}: ef_search {ef_search}, recall {measured:.4f}")
            if measured >= recall:
                break
        return ef_search

    async def measure(self, name: str, ef_search: int, opening: Opening) -> Measured:
        """Ask every query once by one client, then once more by several at once."""
        say(f"measuring {name}")
        set_ef_search(self._url, ef_search)
        way = opening()
        found, times, cpu_ms = await self._one_after_the_other(way)
        began = time.perf_counter()
        await asyncio.gather(*(_ask_all(way, self._numbers[client::CLIENTS]) for client in range(CLIENTS)))
        at_8 = len(self._numbers) / (time.perf_counter() - began)
        await way.close()
        return Measured(
            way=name,
            ef_search=ef_search,
            recall_at_10=round(self._recall(found), 4),
            p50_ms=round(percentile(times, 0.5), 2),
            p95_ms=round(percentile(times, 0.95), 2),
            cpu_ms=round(cpu_ms, 2),
            queries_per_second_1=round(1000 * len(times) / sum(times), 1),
            queries_per_second_8=round(at_8, 1),
        )

    async def _one_after_the_other(self, way: Way) -> tuple[list[Sequence[int]], list[float], float]:
        found, times = [], []
        await way.ask(0)  # opens the connection
        busy, own = busy_seconds(self._url), time.process_time()
        for number in self._numbers:
            began = time.perf_counter()
            found.append(await way.ask(number))
            times.append(1000 * (time.perf_counter() - began))
        taken = time.process_time() - own + busy_seconds(self._url) - busy
        return found, times, 1000 * taken / len(times)

    @property
    def _numbers(self) -> range:
        return range(len(self._truth))

    def _recall(self, found: Sequence[Sequence[int]]) -> float:
        """Return recall@10 over all queries."""
        hits = [len(set(each) & set(true)) for each, true in zip(found, self._truth, strict=True)]
        return sum(hits) / (DEPTH * len(hits))


def medians(rounds: Sequence[Measured]) -> Measured:
    """Return the medians of a way's rounds, each number by itself."""
    middle = {field.name: median_low(getattr(each, field.name) for each in rounds) for field in fields(Measured)[1:]}
    return Measured(rounds[0].way, **middle)


async def _ask_all(way: Way, numbers: Sequence[int]) -> None:
    for number in numbers:
        await way.ask(number)
