"""Bucket and documents are compared both ways, and what differs is mended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from sluice.domain import Caller, DocumentStatus, ObjectRef
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import IngestQueue
from sluice.reconciling import Reconciling, Report, announcement
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, InMemoryQueue, ScriptedParser

CALLER = Caller()
SIZES = Sizes(document_bytes=10_000, chunk_characters=20, chunk_overlap=0, embedding_batch=2, claim_seconds=60)


@dataclass
class World:
    """A bucket and documents that differ in every way."""

    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    documents: InMemoryDocuments = field(default_factory=InMemoryDocuments)
    queue: InMemoryQueue = field(default_factory=InMemoryQueue)

    def __post_init__(self) -> None:
        tools = Tools(self.documents, ScriptedParser(), HashEmbedder())
        passages = DocumentPassages(self.documents)
        self.ingesting = Ingesting(objects=self.objects, passages=passages, tools=tools, sizes=SIZES)

    def reconciling(self, queue: IngestQueue | None) -> Reconciling:
        return Reconciling(ingesting=self.ingesting, documents=self.documents, objects=self.objects, queue=queue)

    async def ingest(self, key: str, body: bytes) -> ObjectRef:
        ref = await self.objects.write(key, body)
        async for _ in self.ingesting.ingest(CALLER, ref):
            pass
        return ref

    async def statuses(self) -> dict[str, DocumentStatus]:
        return {it.title: it.status for it in await self.documents.recent(CALLER, collection=None, limit=10)}


@pytest.fixture
async def world() -> World:
    world = World()
    await world.ingest("equal.txt", b"Some text.")
    await world.ingest("outdated.txt", b"Old text.")
    await world.objects.write("outdated.txt", b"New text.")
    await world.objects.delete(await world.ingest("orphaned.txt", b"Some text."))
    await world.objects.write("missing.txt", b"Some text.")
    waiting = await world.objects.write("stuck.txt", b"Some text.")
    await world.documents.register(CALLER, waiting)
    world.documents.age(waiting.source, timedelta(hours=2))
    await world.documents.register(CALLER, await world.objects.write("waiting.txt", b"Some text."))
    return world


FOUND = Report(
    objects=5,
    documents=5,
    missing=["s3://documents/missing.txt"],
    orphaned=["s3://documents/orphaned.txt"],
    outdated=["s3://documents/outdated.txt"],
    stuck=["s3://documents/stuck.txt"],
)


async def test_a_look_changes_nothing(world: World) -> None:
    """Without repair it only reports."""
    before = await world.statuses()

    assert await world.reconciling(world.queue).run(repair=False) == FOUND
    assert (await world.statuses(), world.queue.sent) == (before, [])


async def test_objects_are_announced_and_orphans_forgotten(world: World) -> None:
    """The workers of the queue read what is to be read."""
    assert await world.reconciling(world.queue).run(repair=True) == replace(FOUND, repaired=4)

    refs = [
        await world.objects.current(ObjectRef("documents", f"{name}.txt")) for name in ("missing", "outdated", "stuck")
    ]
    assert [sent.body for sent in world.queue.sent] == [announcement(ref) for ref in refs if ref]
    assert "orphaned.txt" not in await world.statuses()


async def test_without_a_queue_everything_is_mended_at_once(world: World) -> None:
    """A second look finds nothing but the document that waits for its own message."""
    await world.reconciling(None).run(repair=True)

    assert await world.statuses() == {
        "equal.txt": DocumentStatus.READY,
        "outdated.txt": DocumentStatus.READY,
        "missing.txt": DocumentStatus.READY,
        "stuck.txt": DocumentStatus.READY,
        "waiting.txt": DocumentStatus.PENDING,
    }
    assert await world.reconciling(None).run(repair=False) == Report(objects=5, documents=5)


async def test_other_buckets_objects_are_no_orphans(world: World) -> None:
    """A document of an object elsewhere is asked for there before it is forgotten."""
    elsewhere = ObjectRef("archive", "kept.txt", "e")
    world.objects.contents["archive", "kept.txt"] = b"Some text."
    await world.documents.register(CALLER, elsewhere)

    await world.reconciling(world.queue).run(repair=True)

    assert "kept.txt" in await world.statuses()
