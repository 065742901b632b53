"""The lines of the bill: what is charged, the arithmetic in words, and what it comes to in each profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from infra.cost import prices
from infra.cost.prices import HOURS, Price
from infra.cost.use import PROFILES, Profile, Use

# What the templates make; tests/deploy/test_cost.py counts them.
ENDPOINTS = 2
ALARM_METRICS: Mapping[Profile, int] = {"proxy": 13, "pause": 12, "existing": 11}
METRICS = 30
POLLERS, POLL_SECONDS = 5, 20
FLOOR_ACU, PROXY_LEAST_ACU = 0.5, 8
WAKINGS, WAKING_MINUTES = 30, 6

_SECONDS = HOURS * 3600
_LOGGED_KB, _SENT_KB, _PAGES_PER_ANSWER = 8, 20, 200
_CHUNK_TOKENS, _CHUNK_KB = 300, 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in US dollars by profile; a profile that does not pay it is left out."""

    what: str
    arithmetic: str
    dollars: Mapping[Profile, float] = field(default_factory=dict)


def idle(use: Use) -> Iterator[Line]:
    """Yield what a month costs in which nobody asks."""
    yield from _database(use)
    yield _all(
        "snapshot of the chat function",
        f"{use.memory:.3f} GB × {_of(prices.SNAPSHOT)} × {_SECONDS:,.0f} s",
        use.memory * prices.SNAPSHOT.dollars * _SECONDS,
    )
    yield _all("secret", _of(prices.SECRET), prices.SECRET.dollars)
    polls = POLLERS * _SECONDS / POLL_SECONDS
    yield _all("waiting at the queue", f"{polls:,.0f} polls × {_of(prices.MESSAGE)}", polls * prices.MESSAGE.dollars)
    yield Line(
        "alarms",
        f"{', '.join(f'{ALARM_METRICS[profile]}' for profile in PROFILES)} metrics × {_of(prices.ALARM)}",
        {profile: ALARM_METRICS[profile] * prices.ALARM.dollars for profile in PROFILES},
    )
    yield _all("dashboard", _of(prices.DASHBOARD), prices.DASHBOARD.dollars)


def _database(use: Use) -> Iterator[Line]:
    """Yield what stands in the network of a stack with a database of its own."""
    floor = FLOOR_ACU * prices.ACU.dollars * HOURS
    woken = WAKINGS * WAKING_MINUTES / 60 * FLOOR_ACU * prices.ACU.dollars
    yield Line(
        "database",
        f"proxy: {FLOOR_ACU} ACU × {_of(prices.ACU)} × {HOURS:.0f} h; "
        f"pause: {WAKINGS} daily reconciliations × {WAKING_MINUTES} min × {FLOOR_ACU} ACU × {_of(prices.ACU)}",
        {"proxy": floor, "pause": woken},
    )
    yield Line(
        "RDS Proxy",
        f"{PROXY_LEAST_ACU} ACU × {_of(prices.PROXY)} × {HOURS:.0f} h",
        {"proxy": PROXY_LEAST_ACU * prices.PROXY.dollars * HOURS},
    )
    yield _ours(
        "database storage",
        f"{use.stored_gigabytes:g} GB × {_of(prices.STORAGE)}",
        use.stored_gigabytes * prices.STORAGE.dollars,
    )
    yield _ours(
        "way out of the network",
        f"{ENDPOINTS} endpoints × {_of(prices.ENDPOINT)} × {HOURS:.0f} h",
        ENDPOINTS * prices.ENDPOINT.dollars * HOURS,
    )


def asking(use: Use) -> Iterator[Line]:
    """Yield what the questions cost beside the idle cost, without the model."""
    asked = f"{use.questions:,.0f} questions"
    gb_seconds = use.questions * use.answer_seconds * use.memory
    yield _all(
        "chat function",
        f"{asked} × {use.answer_seconds:g} s × {use.memory:.3f} GB × {_of(prices.COMPUTE_X86)}",
        gb_seconds * prices.COMPUTE_X86.dollars,
    )
    yield _all("requests", f"{asked} × 2 × {_of(prices.INVOCATION)}", use.questions * 2 * prices.INVOCATION.dollars)
    restored = use.questions * use.cold_starts
    yield _all(
        "restores",
        f"{restored:,.0f} × {use.memory:.3f} GB × {_of(prices.RESTORE)}",
        restored * use.memory * prices.RESTORE.dollars,
    )
    yield from _asked_database(use)
    sent = min(use.active_hours, HOURS) / HOURS
    yield _all(
        "metrics",
        f"{METRICS} × {_of(prices.METRIC)} × {use.active_hours:g} of {HOURS:.0f} h",
        METRICS * prices.METRIC.dollars * sent,
    )
    yield _all(
        "logs, traces, data out",
        f"{asked} × ({_LOGGED_KB} KB × {_of(prices.LOG_GB)} + {_of(prices.TRACE)} + "
        f"{_SENT_KB} KB × {_of(prices.OUT_GB)})",
        use.questions
        * (_gb(_LOGGED_KB) * prices.LOG_GB.dollars + prices.TRACE.dollars + _gb(_SENT_KB) * prices.OUT_GB.dollars),
    )


def _asked_database(use: Use) -> Iterator[Line]:
    yield Line(
        "database",
        f"proxy: its floor carries it; pause: {use.active_hours:g} h × {FLOOR_ACU} ACU × {_of(prices.ACU)}",
        {"proxy": 0.0, "pause": use.active_hours * FLOOR_ACU * prices.ACU.dollars},
    )
    reads = use.questions * _PAGES_PER_ANSWER
    yield _ours("database I/O", f"{reads:,.0f} × {_of(prices.IO)}", reads * prices.IO.dollars)


def answering(use: Use) -> Iterator[Line]:
    """Yield what the model of the answers costs."""
    asked = f"{use.questions:,.0f} questions"
    tokens = use.prompt_tokens * use.prompt_price + use.answer_tokens * use.answer_price
    yield _all(
        "model",
        f"{asked} × ({use.prompt_tokens:,.0f} tokens × ${use.prompt_price:g} + "
        f"{use.answer_tokens:,.0f} × ${use.answer_price:g}) / 1,000,000",
        use.questions * tokens / 1e6,
    )


def ingesting(use: Use) -> Iterator[Line]:
    """Yield what the documents cost in the month in which they come."""
    come = f"{use.documents:,.0f} documents"
    gb_seconds = use.documents * use.document_seconds * use.memory
    yield _all(
        "ingest function",
        f"{come} × {use.document_seconds:g} s × {use.memory:.3f} GB × {_of(prices.COMPUTE_X86)}",
        gb_seconds * prices.COMPUTE_X86.dollars,
    )
    tokens = use.documents * use.document_chunks * _CHUNK_TOKENS
    yield _all(
        "embeddings", f"{tokens:,.0f} tokens × ${use.embedding_price:g} / 1,000,000", tokens * use.embedding_price / 1e6
    )
    gigabytes = use.documents * use.document_megabytes / 1000
    yield _all(
        "bucket and queue",
        f"{gigabytes:g} GB × {_of(prices.OBJECT_GB)} + {come} × ({_of(prices.OBJECT_PUT)} + 3 × {_of(prices.MESSAGE)})",
        gigabytes * prices.OBJECT_GB.dollars + use.documents * (prices.OBJECT_PUT.dollars + 3 * prices.MESSAGE.dollars),
    )
    stored = use.documents * use.document_chunks * _gb(_CHUNK_KB)
    yield _ours(
        "database storage",
        f"{come} × {use.document_chunks:g} chunks × {_CHUNK_KB} KB × {_of(prices.STORAGE)}",
        stored * prices.STORAGE.dollars,
    )


def _all(what: str, arithmetic: str, dollars: float) -> Line:
    return Line(what, arithmetic, dict.fromkeys(PROFILES, dollars))


def _ours(what: str, arithmetic: str, dollars: float) -> Line:
    """What only a stack with a database of its own pays."""
    return Line(what, arithmetic, {"proxy": dollars, "pause": dollars})


def _of(price: Price) -> str:
    return f"${price.dollars:.10f}".rstrip("0").rstrip(".") if price.dollars < 0.01 else f"${price.dollars:g}"


def _gb(kilobytes: float) -> float:
    return kilobytes / 1e6
