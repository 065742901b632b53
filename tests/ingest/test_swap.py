"""Readers of a document that is replaced again and again, on PostgreSQL."""

from __future__ import annotations

import asyncio

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, DocumentStatus, Search
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser
from tests.conftest import DIMENSION, EMBEDDING_MODEL

CALLER = Caller()
VERSIONS = [["tides rise", "tides fall", "tides turn"], ["locks open", "locks close"]]
REPLACEMENTS = 12


async def test_readers_see_one_version_or_the_other(database: Database) -> None:
    """Never half of one, never two, and never nothing: the swap is one transaction."""
    embedder, objects = HashEmbedder(DIMENSION, EMBEDDING_MODEL), InMemoryObjects()
    passages = PostgresPassages(database, model=EMBEDDING_MODEL)
    ingesting = Ingesting(
        objects=objects,
        passages=passages,
        tools=Tools(PostgresDocuments(database), ScriptedParser(), embedder),
        sizes=Sizes(10_000, chunk_characters=40, chunk_overlap=0, embedding_batch=1, claim_seconds=60),
    )

    async def put(pages: list[str]) -> None:
        ref = await objects.write("a.txt", "\f".join(pages).encode())
        async for event in ingesting.ingest(CALLER, ref):
            if isinstance(event, IngestEnded):
                assert event.document.status is DocumentStatus.READY

    async def replace() -> None:
        for number in range(REPLACEMENTS):
            await put(VERSIONS[(number + 1) % 2])

    await put(VERSIONS[0])
    [vector] = await embedder.embed(["tides"], purpose="query")
    replacing, seen = asyncio.create_task(replace()), []
    while not replacing.done():
        found = await passages.search(Search(CALLER, "tides or locks", 10), vector)
        seen.append(sorted(passage.content for passage in found))
    await replacing

    assert {tuple(each) for each in seen} == {tuple(sorted(version)) for version in VERSIONS}
