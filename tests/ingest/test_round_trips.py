"""How often a document makes the ingest function speak to the database."""

from __future__ import annotations

import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, DocumentStatus
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.wire.tap import WireTap

# Two to claim it, one to tell how long it is, two to look for what is there, two to write, three to publish, two to
# look for it and two to end. What is sent in one round trip is counted one by one.
STATEMENTS = 14


@pytest.mark.parametrize("pages", [1, 8])
async def test_a_small_document_takes_few_statements(postgres: Postgres, database_url: str, pages: int) -> None:
    """Through a proxy each round trip takes a millisecond or two, and letters are the most usual documents."""
    with WireTap(postgres.port) as tap:
        name = database_url.rpartition("/")[2]
        database = Database(postgres.url(name).replace(f":{postgres.port}/", f":{tap.port}/"), size=2, timeout=5)
        objects, embedder = InMemoryObjects(), HashEmbedder(DIMENSION, EMBEDDING_MODEL)
        ingesting = Ingesting(
            objects=objects,
            passages=PostgresPassages(database, model=EMBEDDING_MODEL),
            tools=Tools(PostgresDocuments(database), ScriptedParser(), embedder),
            sizes=Sizes(10_000, chunk_characters=200, chunk_overlap=0, embedding_batch=256, claim_seconds=60),
        )
        ref = await objects.write("letter.txt", "\f".join(f"Page {n} of a letter." for n in range(pages)).encode())

        events = [event async for event in ingesting.ingest(Caller(), ref)]
        await database.close()

    assert isinstance(events[-1], IngestEnded)
    assert events[-1].document.status is DocumentStatus.READY
    assert tap.heard.statements == STATEMENTS
    assert tap.heard.breaches == []
