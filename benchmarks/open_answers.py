"""How many database connections do many answers hold while they stream, and what does keeping them cost?

Every answer is served by parts of its own, as if each had an execution environment to itself: its own pool, its own use
case. All of them reach PostgreSQL through PgBouncer in transaction mode. The model says a word every `--pause` seconds;
once all answers stream, the server's counts of statements and of written bytes are read before and after `--seconds`.
A thread samples `pg_stat_activity` from the first question to the last answer's end: how many server connections there
are, how many of them are in use, and for how long one was held by the oldest transaction.

    python -m benchmarks.open_answers --answers 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.pooled import pooled_server
from local.postgres import Postgres
from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.answering import Answering
from sluice.domain import Caller, Chunk, EmbeddingUsage, ObjectRef
from sluice.events import AnswerDone, AnswerEvent, TextAdded
from sluice.ports import Embeddings, Finish, PromptMessage, Summary, TextDelta
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.models import STOP, HashEmbedder

CALLER = Caller("benchmark")
SAMPLE_SECONDS = 0.01
# A session holds a server connection from the beginning of its transaction, a single statement being one too.
SESSIONS = """
select case when state <> 'idle' then extract(epoch from clock_timestamp() - xact_start) * 1000 end as held
from pg_stat_activity
where datname = 'sluice' and backend_type = 'client backend' and application_name <> 'benchmark'
"""
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Sample:
    """Server connections at one moment, those of them in use, and the age of the oldest transaction in milliseconds."""

    connections: int
    in_use: int
    held_ms: float


class Sampler(threading.Thread):
    """Samples the server's sessions until it is stopped, whatever the event loop is busy with."""

    def __init__(self, server: Postgres) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._stopped = threading.Event()
        self.samples: list[Sample] = []

    def run(self) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            while not self._stopped.wait(SAMPLE_SECONDS):
                rows = connection.execute(SESSIONS).fetchall()
                self.samples.append(Sample(len(rows), sum(held is not None for [held] in rows), _longest(rows)))

    def stop(self) -> list[Sample]:
        self._stopped.set()
        self.join()
        return self.samples


def _longest(rows: Sequence[tuple[Any, ...]]) -> float:
    return round(max((float(held) for [held] in rows if held is not None), default=0.0), 1)


@dataclass(frozen=True, slots=True)
class Written:
    """What the server has done so far: saves of answers, and bytes of its log."""

    saves: int
    wal_bytes: int


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds between two words of an answer, and seconds of measuring."""

    pause: float
    seconds: float


class TalkingModel:
    """Says a word every `pause` seconds until the signal to end."""

    name = "talking"

    def __init__(self, begun: asyncio.Semaphore, end: asyncio.Event, pause: float) -> None:
        self._begun = begun
        self._end = end
        self._pause = pause

    async def ready(self, model: str | None = None) -> None:
        pass

    async def context_tokens(self, model: str | None = None) -> int | None:
        return None

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        yield TextDelta("Krill ")
        self._begun.release()
        while not self._end.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), self._pause)
            yield TextDelta("and more ")
        yield TextDelta("[1].")
        yield STOP


async def run(answers: int, server_connections: int, load: Load) -> dict[str, object]:
    with pooled_server(server_connections) as (server, url):
        await _store_something(url)
        began, sampler = time.perf_counter(), Sampler(server)
        sampler.start()
        events, saves = await _stream(answers, url, server, load)
        samples, seconds = sampler.stop(), time.perf_counter() - began
    return {
        "answers": answers,
        "server_connections_allowed": server_connections,
        "most_server_connections": max(sample.connections for sample in samples),
        "most_in_use_at_once": max(sample.in_use for sample in samples),
        "longest_held_ms": max(sample.held_ms for sample in samples),
        "share_of_samples_with_one_in_use": round(sum(sample.in_use > 0 for sample in samples) / len(samples), 3),
        "shortest_answer_seconds": load.seconds,
        "seconds_between_words": load.pause,
        "saves_per_second": round(saves.saves / load.seconds, 1),
        "saves_per_answer_and_second": round(saves.saves / load.seconds / answers, 2),
        "wal_bytes_per_save": round(saves.wal_bytes / max(1, saves.saves)),
        "answers_done": sum(isinstance(last, AnswerDone) for last in events),
        "seconds": round(seconds, 2),
        "samples": len(samples),
    }


async def _store_something(url: str) -> None:
    database, embedder = Database(url, size=1, timeout=10), HashEmbedder()
    documents, text = PostgresDocuments(database), "Blue whales eat krill."
    claim = await documents.claim(CALLER, ObjectRef("b", "whales.txt", "1"), lease_seconds=60)
    assert claim is not None
    vectors = await embedder.embed([text], purpose="document")
    embeddings = Embeddings(vectors, EmbeddingUsage(), embedder.model)
    await documents.stage(claim, [Chunk(0, text, 0, len(text))], embeddings)
    await documents.publish(claim, Summary("text", 1))
    await database.close()


async def _stream(answers: int, url: str, server: Postgres, load: Load) -> tuple[list[AnswerEvent], Written]:
    begun, end = asyncio.Semaphore(0), asyncio.Event()
    databases = [Database(url, size=1, timeout=60) for _ in range(answers)]
    asking = [asyncio.create_task(_ask(database, TalkingModel(begun, end, load.pause))) for database in databases]
    for _ in range(answers):
        await begun.acquire()
    before = await asyncio.to_thread(_written, server)
    await asyncio.sleep(load.seconds)
    after = await asyncio.to_thread(_written, server)
    end.set()
    last = list(await asyncio.gather(*asking))
    for database in databases:
        await database.close()
    return last, Written(after.saves - before.saves, after.wal_bytes - before.wal_bytes)


async def _ask(database: Database, model: TalkingModel) -> AnswerEvent:
    embedder = HashEmbedder()
    answering = Answering(
        retrieving=Retrieving(
            Searching(embedder=embedder, passages=PostgresPassages(database, model=embedder.model)), Rewriter()
        ),
        chat_model=model,
        conversations=PostgresConversations(database),
        limits=Limits(),
    )
    events = [event async for event in await answering.open(CALLER, Question("What do blue whales eat?"))]
    assert any(isinstance(event, TextAdded) for event in events), events
    return events[-1]


def _written(server: Postgres) -> Written:
    with psycopg.connect(server.url(), autocommit=True, application_name="benchmark") as connection:
        row = connection.execute(
            "select n_tup_upd, pg_current_wal_lsn() - '0/0'::pg_lsn from pg_stat_user_tables where relname = 'message'"
        ).fetchone()
    assert row is not None
    return Written(int(row[0] or 0), int(row[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=50, help="answers that stream at once (default 50)")
    parser.add_argument("--server-connections", type=int, default=10, help="what PgBouncer may open (default 10)")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two words (default 0.1)")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of measuring (default 10)")
    arguments = parser.parse_args()
    load = Load(arguments.pause, arguments.seconds)
    result = asyncio.run(run(arguments.answers, arguments.server_connections, load))
    (RESULTS / f"open_answers_{arguments.answers}.json").write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        print(f"{name:40} {value}")


if __name__ == "__main__":
    main()
