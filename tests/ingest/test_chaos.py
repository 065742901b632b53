"""Five hundred documents through dying environments: in the end the database says what the bucket holds."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.ingest.records import Doors, Records
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import IngestQueue
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser, etag
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.ingest.conftest import Context, batch, notification
from tests.ingest.environments import Killed, Life, Mortal

SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEED", "20261124").split(",")]
DOCUMENTS = 500
WORKERS = 4
BACKLOG = 60
MOST_OF_A_BATCH = 3
SIZES = Sizes(document_bytes=10_000, chunk_characters=40, chunk_overlap=0, embedding_batch=2, claim_seconds=0.2)
NEVER = 1_000_000


@dataclass
class Queue:
    """Messages in any order, each as often as the queue likes; what is not acknowledged comes again."""

    chance: random.Random
    messages: list[str] = field(default_factory=list)
    in_flight: int = 0

    async def send(self, body: str, **_: object) -> None:
        self.messages.append(body)

    async def show_again(self, *_: object, **__: object) -> None:
        return None

    def deliver(self) -> list[str]:
        """Return a batch of some messages, taken from anywhere."""
        size = min(len(self.messages), self.chance.randint(1, MOST_OF_A_BATCH))
        return [self.messages.pop(self.chance.randrange(len(self.messages))) for _ in range(size)]


@dataclass
class World:
    """A bucket whose objects are put, replaced and deleted while its events are handled."""

    database: Database
    chance: random.Random

    def __post_init__(self) -> None:
        self.objects = InMemoryObjects()
        self.queue = Queue(self.chance)
        self.embedder = HashEmbedder(DIMENSION, EMBEDDING_MODEL)
        self.documents = PostgresDocuments(self.database)
        self.passages = PostgresPassages(self.database, model=EMBEDDING_MODEL)
        self.killed = 0
        self._clock = 0

    def environment(self) -> tuple[Records, Life]:
        """Return a new environment; some are to die after a few calls."""
        life = Life(self.chance.randint(1, 60), self.chance)
        documents: Any = Mortal(self.documents, life)
        objects: Any = Mortal(self.objects, life)
        embedder: Any = Mortal(self.embedder, life)
        passages: Any = Mortal(self.passages, life)
        ingesting = Ingesting(
            objects=objects, passages=passages, tools=Tools(documents, ScriptedParser(), embedder), sizes=SIZES
        )
        queue: IngestQueue = Mortal(self.queue, life)
        return Records(Doors(lambda: ingesting, _no_schedule, lambda: queue, lambda: NEVER)), life

    def change(self, key: str, body: bytes | None) -> None:
        """Put or delete the object, and announce it one to three times; some keys' events have no sequencer."""
        self._clock += 1
        sequencer = f"{self._clock:016X}1" if int(key.partition(".")[0]) % 2 else ""
        if body is None:
            self.objects.contents.pop(("documents", key), None)
            event = notification("ObjectRemoved:Delete", key, sequencer=sequencer)
        else:
            self.objects.contents["documents", key] = body
            event = notification("ObjectCreated:Put", key, body, sequencer=sequencer)
        (record,) = batch(event)["Records"]
        self.queue.messages += [record["body"]] * self.chance.randint(1, 3)

    async def work(self) -> None:
        """Handle messages in one environment after the other until none is left."""
        records, life = self.environment()
        while self.queue.messages or self.queue.in_flight:
            if not self.queue.messages:
                await asyncio.sleep(0.01)
                continue
            bodies = self.queue.deliver()
            self.queue.in_flight += 1
            try:
                result: Any = await records(batch(*bodies), Context())
                failed = [int(failure["itemIdentifier"]) for failure in result["batchItemFailures"]]
                self.queue.messages += [bodies[number - 1] for number in failed]
            except Killed:
                self.queue.messages += bodies
            finally:
                self.queue.in_flight -= 1
            if life.is_over:
                self.killed += 1
                records, life = self.environment()


def _no_schedule() -> Any:
    raise AssertionError("nothing is scheduled here")


def changes(chance: random.Random) -> Iterator[tuple[str, bytes | None]]:
    """Yield every change of the bucket: each object put, then now and then replaced, deleted and put again."""
    plans = {f"{number}.txt": [_body(chance)] for number in range(DOCUMENTS)}
    for plan in plans.values():
        while chance.random() < 0.35:
            plan.append(None if plan[-1] is not None and chance.random() < 0.5 else _body(chance))
    waiting = [key for key, plan in plans.items() for _ in plan]
    chance.shuffle(waiting)
    for key in waiting:
        yield key, plans[key].pop(0)


def _body(chance: random.Random) -> bytes | None:
    pages = [f"page {chance.randrange(30)} of nobody" for _ in range(chance.randint(1, 4))]
    return "\f".join(pages).encode()


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_end_state_equals_the_bucket(database: Database, seed: int) -> None:
    """No orphan, no double, nothing stuck, whatever was delivered when and wherever an environment died."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    world = World(database, chance)
    workers: list[asyncio.Task[None]] = []
    for key, body in changes(chance):
        world.change(key, body)
        workers = [worker for worker in workers if not worker.done()]
        while len(workers) < WORKERS:
            workers.append(asyncio.create_task(world.work()))
        while len(world.queue.messages) > BACKLOG:  # noqa: ASYNC110 - lets the workers run, whoever of them is first
            await asyncio.sleep(0.001)
    await asyncio.gather(*workers)

    assert world.killed > 100, "too few environments died to prove anything"
    assert await told(database) == held(world.objects)
    assert await database.fetch(_ORPHANS) == []
    assert await database.fetch(_MISCOUNTED) == []


def held(objects: InMemoryObjects) -> dict[str, tuple[str, str, list[str]]]:
    """Return what the documents should be: their status, their etag and the text of their chunks."""
    return {
        f"s3://documents/{key}": ("ready", etag(body), body.decode().split("\f"))
        for (_, key), body in objects.contents.items()
    }


async def told(database: Database) -> dict[str, tuple[str, str, list[str]]]:
    rows = await database.fetch(
        """
        select source, status, etag,
               array(select content from chunk where document_id = document.id order by ordinal) as contents
        from document where status <> 'deleted'
        """
    )
    assert Counter(row["source"] for row in rows).most_common(1)[0][1] == 1
    return {row["source"]: (row["status"], row["etag"], row["contents"]) for row in rows}


_ORPHANS = """
    select chunk.id from chunk join document on document.id = chunk.document_id
    where chunk.version is distinct from document.version
"""
# The words that are counted, folded or not, against those of the chunks that are there.
_MISCOUNTED = """
    select lexeme, sum(chunks) as difference
    from (
        select lexeme, chunks from lexeme_count where lexeme <> ''
        union all
        select lexeme, chunks from lexeme_change where lexeme <> ''
        union all
        select word.lexeme, -count(*) from chunk, unnest(chunk.lexemes) as word group by word.lexeme
    ) as counted
    group by lexeme
    having sum(chunks) <> 0
"""
