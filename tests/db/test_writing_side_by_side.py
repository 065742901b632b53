"""Batches of a document are written side by side, and whoever takes the document away waits for them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.database import Connection, Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.vectors import HalfVector, HalfVectors
from sluice.domain import Caller, Chunk, Claim, DocumentStatus, EmbeddingUsage, ObjectRef
from sluice.errors import DocumentChanged, InvalidInput
from sluice.ports import Embeddings, Progress
from tests.conftest import DIMENSION, EMBEDDING_MODEL

CALLER = Caller()
REF = ObjectRef("documents", "a.txt", "etag", 1)


_HOLD = "select id from document where id = %(id)s and claim = %(claim)s for key share"


async def write_until(release: asyncio.Event, database: Database, claim: Claim) -> asyncio.Task[None]:
    """Hold the document as who writes a batch of chunks, until it is released."""
    holding = asyncio.Event()

    async def hold(connection: Connection) -> None:
        await connection.execute(_HOLD, {"id": claim.document.id, "claim": claim.token})
        holding.set()
        await release.wait()

    writing = asyncio.create_task(database.transact(hold))
    await holding.wait()
    return writing


async def stage(documents: PostgresDocuments, claim: Claim) -> None:
    vector = [1.0] + [0.0] * (DIMENSION - 1)
    embeddings = Embeddings([vector], EmbeddingUsage(), EMBEDDING_MODEL)
    await documents.stage(claim, [Chunk(0, "Late.", 0, 5)], embeddings)


async def test_new_bytes_take_the_document_away_at_once(database: Database) -> None:
    """Batches follow each other without a gap, so that whoever waited for one would wait for the whole document."""
    documents, release = PostgresDocuments(database), asyncio.Event()
    claim = await documents.claim(CALLER, REF, lease_seconds=60)
    assert claim
    writing = await write_until(release, database, claim)

    changed = await asyncio.wait_for(documents.register(CALLER, replace(REF, etag="other")), 5)

    assert (changed.id, changed.status, changed.etag) == (claim.document.id, DocumentStatus.PENDING, "other")
    with pytest.raises(DocumentChanged):
        await stage(documents, claim)
    release.set()
    await writing


@pytest.mark.parametrize("way", ["by its id", "by its object"])
async def test_no_batch_begins_while_a_deletion_waits(postgres: Postgres, database_url: str, way: str) -> None:
    """Or a deletion would wait for the whole document. There are more sessions than the pooler has."""
    database = Database(postgres.url(urlsplit(database_url).path.lstrip("/")), size=4, timeout=5)
    documents, release = PostgresDocuments(database), asyncio.Event()
    claim = await documents.claim(CALLER, REF, lease_seconds=60)
    assert claim
    writing = await write_until(release, database, claim)
    ending = documents.delete(CALLER, claim.document.id) if way == "by its id" else documents.bury(CALLER, REF)
    deleting = asyncio.create_task(ending)
    await asyncio.wait([deleting], timeout=0.2)

    next_batch = asyncio.create_task(stage(documents, claim))
    done, _ = await asyncio.wait([deleting, next_batch], timeout=0.5)
    release.set()

    assert done == set()
    await asyncio.gather(writing, deleting)
    with pytest.raises(DocumentChanged):
        await next_batch
    await database.close()


async def test_a_late_deletion_leaves_newer_work_alone(database: Database) -> None:
    """Its event is older than what is being worked on."""
    documents = PostgresDocuments(database)
    claim = await documents.claim(CALLER, replace(REF, sequencer="02"), lease_seconds=60)
    assert claim

    assert await documents.bury(CALLER, replace(REF, sequencer="01")) is None

    await stage(documents, claim)


async def test_a_deletion_waits_for_what_is_being_written(database: Database) -> None:
    """Nothing that a lost claim has begun to write stays behind; progress is noted meanwhile."""
    documents = PostgresDocuments(database)
    claim = await documents.claim(CALLER, REF, lease_seconds=60)
    assert claim
    release = asyncio.Event()
    writing = await write_until(release, database, claim)
    await documents.report(claim, Progress("embedded", 1, 2))
    burying = asyncio.create_task(documents.bury(CALLER, REF))
    done, _ = await asyncio.wait([burying], timeout=0.2)
    assert not done

    release.set()
    await asyncio.gather(writing, burying)

    with pytest.raises(DocumentChanged):
        await stage(documents, claim)
    found = await documents.find(CALLER, REF.source)
    assert found
    assert found.status is DocumentStatus.DELETED


@pytest.mark.parametrize(
    "values", [[], [float("nan"), 1.0], [1.0, float("nan")], [float("-inf")], [70_000.0], [1e308, 1e308]]
)
def test_a_vector_that_half_precision_can_not_hold_is_refused(values: list[float]) -> None:
    """Wherever in it the number stands."""
    with pytest.raises(InvalidInput):
        HalfVector(values)


async def test_an_array_of_vectors_is_written_in_binary(database: Database) -> None:
    """With gaps, and each number as half precision rounds it."""
    [row] = await database.fetch("select 'halfvec'::regtype::oid as oid")
    given = HalfVectors([[0.1, -2.0], None, [65504.0, 6e-8]], row["oid"])

    assert await database.fetch(
        "select n, vector::text from unnest(%(given)s::halfvec[]) with ordinality as t (vector, n)", {"given": given}
    ) == [
        {"n": 1, "vector": "[0.099975586,-2]"},
        {"n": 2, "vector": None},
        {"n": 3, "vector": "[65504,5.9604645e-08]"},
    ]
