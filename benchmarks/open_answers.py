"""How many database connections do many answers hold while they stream?

Every answer is served by parts of its own, as if each had an execution environment to itself: its own pool, its own use
case. All of them reach PostgreSQL through PgBouncer in transaction mode. The model says one word and then waits until
all answers stream; meanwhile `pg_stat_activity` is sampled.

    python -m benchmarks.open_answers --answers 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.postgres import Postgres
from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.answering import Answering, Limits, Question
from sluice.domain import Block, Caller, Chunk, ObjectRef, ParsedDocument
from sluice.events import AnswerDone, AnswerEvent, TextAdded
from sluice.ports import Finish, PromptMessage, TextDelta
from sluice.searching import Searching
from sluice.testing.models import STOP, HashEmbedder
from tests.pooler import PgBouncer, find_pgbouncer

CALLER = Caller("benchmark")
SAMPLES = 50
RESULTS = Path(__file__).parent / "results" / "open_answers.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """Server connections by state at one moment, and the age of the oldest open transaction in milliseconds."""

    states: dict[str, int]
    oldest_transaction_ms: float


class HeldModel:
    """Says one word, then waits for the signal to end."""

    name = "held"

    def __init__(self, begun: asyncio.Semaphore, end: asyncio.Event) -> None:
        self._begun = begun
        self._end = end

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        yield TextDelta("Krill ")
        self._begun.release()
        await self._end.wait()
        yield TextDelta("[1].")
        yield STOP


async def run(answers: int, server_connections: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder), durable=False) as server:
        migrate(server.url(), model="test/hash", dimension=32)
        with PgBouncer(server, server_connections=server_connections) as pooler:
            url = server.url().replace(f":{server.port}/", f":{pooler.port}/")
            await _store_something(url)
            began = time.perf_counter()
            samples, events = await _stream(answers, url, server)
            seconds = time.perf_counter() - began
    most = max(samples, key=lambda sample: sum(sample.states.values()))
    return {
        "answers": answers,
        "server_connections_allowed": server_connections,
        "server_connections_while_streaming": most.states,
        "open_transactions_while_streaming": max(sample.states.get("idle in transaction", 0) for sample in samples),
        "oldest_transaction_ms_while_streaming": max(sample.oldest_transaction_ms for sample in samples),
        "answers_done": sum(isinstance(last, AnswerDone) for last in events),
        "seconds": round(seconds, 2),
        "samples": len(samples),
    }


async def _store_something(url: str) -> None:
    database, embedder = Database(url, size=1, timeout=10), HashEmbedder()
    documents, text = PostgresDocuments(database), "Blue whales eat krill."
    document = await documents.claim(CALLER, ObjectRef("b", "whales.txt", "1"), lease_seconds=60)
    assert document is not None
    vectors = await embedder.embed([text], purpose="document")
    parsed, chunks = ParsedDocument("text", (Block(text),)), [Chunk(0, text, 0, len(text))]
    await documents.store(CALLER, document, parsed, chunks, vectors, model=embedder.model)
    await database.close()


async def _stream(answers: int, url: str, server: Postgres) -> tuple[list[Sample], list[AnswerEvent]]:
    begun, end = asyncio.Semaphore(0), asyncio.Event()
    databases = [Database(url, size=1, timeout=60) for _ in range(answers)]
    asking = [asyncio.create_task(_ask(database, HeldModel(begun, end))) for database in databases]
    for _ in range(answers):
        await begun.acquire()
    samples = []
    for _ in range(SAMPLES):
        samples.append(await asyncio.to_thread(_sample, server))
        await asyncio.sleep(0.01)
    end.set()
    last = list(await asyncio.gather(*asking))
    for database in databases:
        await database.close()
    return samples, last


async def _ask(database: Database, model: HeldModel) -> AnswerEvent:
    embedder = HashEmbedder()
    answering = Answering(
        searching=Searching(embedder=embedder, passages=PostgresPassages(database, model=embedder.model)),
        chat_model=model,
        conversations=PostgresConversations(database),
        limits=Limits(),
    )
    events = [event async for event in await answering.open(CALLER, Question("What do blue whales eat?"))]
    assert any(isinstance(event, TextAdded) for event in events), events
    return events[-1]


def _sample(server: Postgres) -> Sample:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        rows = connection.execute(
            "select state, extract(epoch from now() - xact_start) * 1000 from pg_stat_activity where datname = 'sluice'"
        ).fetchall()
    ages = [float(age) for _, age in rows if age is not None]
    return Sample(dict(Counter(state for state, _ in rows)), round(max(ages, default=0.0), 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=50, help="answers that stream at once (default 50)")
    parser.add_argument("--server-connections", type=int, default=10, help="what PgBouncer may open (default 10)")
    arguments = parser.parse_args()
    if find_pgbouncer() is None:
        parser.exit(1, "There is no pgbouncer on this machine; install it.\n")
    result = asyncio.run(run(arguments.answers, arguments.server_connections))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        print(f"{name:40} {value}")


if __name__ == "__main__":
    main()
