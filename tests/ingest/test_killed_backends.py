"""A document whose database sessions are killed while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, DocumentStatus, ObjectRef
from sluice.errors import DatabaseUnavailable, DocumentBusy
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser
from tests.conftest import DIMENSION, EMBEDDING_MODEL

CALLER = Caller()
LEASE_SECONDS = 600.0
BODY = "\f".join(f"Page {number} of a report." for number in range(12)).encode()
_SLOW = """
    create table held_up (by text);
    insert into held_up values ('a test');
    create function hold_up() returns trigger language plpgsql as $$
    begin
        while exists (select from held_up) loop perform pg_sleep(0.1); end loop;
        return null;
    end $$;
    create trigger hold_up after insert on chunk for each statement execute function hold_up();
"""
_KILL = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = %s and wait_event = 'PgSleep' and application_name = 'sluice'
"""


@pytest.fixture
async def administrator(
    postgres: Postgres, database_url: str
) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """A session past the pool, which no kill is for; chunks take as long to be written as `held_up` has a row."""
    name = database_url.rpartition("/")[2]
    async with await psycopg.AsyncConnection.connect(postgres.url(name), autocommit=True) as connection:
        await connection.execute(_SLOW)
        yield connection


Kill = Callable[[], Awaitable[None]]


@pytest.fixture
def kill(administrator: psycopg.AsyncConnection[tuple[object, ...]]) -> Kill:
    """Wait for a session that writes chunks, and kill it."""

    async def kill() -> None:
        while not await (await administrator.execute(_KILL, [administrator.info.dbname])).fetchall():  # noqa: ASYNC110 - a database tells no events
            await asyncio.sleep(0.01)

    return kill


def ingesting_into(database: Database, objects: InMemoryObjects, embedder: HashEmbedder) -> Ingesting:
    return Ingesting(
        objects=objects,
        passages=PostgresPassages(database, model=EMBEDDING_MODEL),
        tools=Tools(PostgresDocuments(database), ScriptedParser(), embedder),
        sizes=Sizes(10_000, chunk_characters=200, chunk_overlap=0, embedding_batch=12, claim_seconds=LEASE_SECONDS),
    )


async def ingest(ingesting: Ingesting, ref: ObjectRef) -> DocumentStatus:
    events = [event async for event in ingesting.ingest(CALLER, ref)]
    assert isinstance(events[-1], IngestEnded)
    return events[-1].document.status


async def test_a_session_that_is_killed_once_does_no_harm(
    database: Database, administrator: psycopg.AsyncConnection[tuple[object, ...]], kill: Kill
) -> None:
    """What it was writing is written again, and nothing is embedded twice."""
    objects, embedder = InMemoryObjects(), HashEmbedder(DIMENSION, EMBEDDING_MODEL)
    ref = await objects.write("a.txt", BODY)
    ingesting = asyncio.create_task(ingest(ingesting_into(database, objects, embedder), ref))

    await kill()
    await administrator.execute("delete from held_up")

    assert await ingesting is DocumentStatus.READY
    assert len(embedder.texts) == 12


async def test_a_document_is_given_back_although_its_sessions_are_killed(
    database: Database, administrator: psycopg.AsyncConnection[tuple[object, ...]], kill: Kill
) -> None:
    """So that the next delivery works at once: its lease would run for ten minutes more."""
    objects, embedder = InMemoryObjects(), HashEmbedder(DIMENSION, EMBEDDING_MODEL)
    ref = await objects.write("a.txt", BODY)
    use_case = ingesting_into(database, objects, embedder)
    ingesting = asyncio.create_task(ingest(use_case, ref))

    await kill()
    await kill()

    with pytest.raises(DatabaseUnavailable):
        await ingesting
    await administrator.execute("delete from held_up")
    [waiting] = await PostgresDocuments(database).recent(CALLER, collection=None, limit=1)
    assert (waiting.status, waiting.code) == (DocumentStatus.PENDING, "database_unavailable")
    assert await ingest(use_case, ref) is DocumentStatus.READY


async def test_a_dead_environment_holds_its_document_until_its_lease_ends(database: Database) -> None:
    """It can give nothing back; whoever asks is told how long that can take."""
    objects, documents = InMemoryObjects(), PostgresDocuments(database)
    ref = await objects.write("a.txt", BODY)
    assert await documents.claim(CALLER, ref, lease_seconds=0.3)

    with pytest.raises(DocumentBusy) as busy:
        await documents.claim(CALLER, ref, lease_seconds=0.3)

    await asyncio.sleep(busy.value.retry_after or 0)
    assert await documents.claim(CALLER, ref, lease_seconds=0.3)
