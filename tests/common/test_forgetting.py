"""What is deleted takes its document along, whichever event comes first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.domain import DocumentStatus, ObjectRef
from sluice.errors import (
    DocumentNotFound,
)
from tests.common.ingestion import CALLER, World, ended


@pytest.fixture
def world() -> World:
    return World()


async def test_an_object_that_is_gone_fails_the_document(world: World) -> None:
    """An object deleted before it is read is told, not retried."""
    document = ended(await world.ingest(ObjectRef("documents", "gone.txt", "e1")))

    assert (document.status, document.code) == (DocumentStatus.FAILED, "object_gone")


@pytest.mark.parametrize(("sequencer", "kept"), [("", []), ("02", [DocumentStatus.FAILED])])
async def test_without_sequencers_nothing_is_kept_of_an_object_that_is_gone(
    world: World, sequencer: str, kept: list[DocumentStatus]
) -> None:
    """The event of its deletion may have come before; with sequencers it can't have, or nothing would be begun."""
    ref = ObjectRef("documents", "gone.txt", "e1")
    await world.ingesting.forget(CALLER, replace(ref, sequencer=sequencer and "01"))

    document = ended(await world.ingest(replace(ref, sequencer=sequencer)))

    assert (document.status, document.code) == (DocumentStatus.FAILED, "object_gone")
    assert [it.status for it in await world.documents.recent(CALLER, collection=None, limit=10)] == kept


async def test_a_deletion_whose_order_nobody_knows_asks_the_bucket(world: World) -> None:
    """An object that is there is not forgotten for the sake of a late event."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    document = ended(await world.ingest(ref))

    assert await world.ingesting.forget(CALLER, replace(ref, sequencer="")) is None
    assert await world.documents.get(CALLER, document.id) == document


async def test_a_document_deleted_while_it_is_read_is_not_stored(world: World) -> None:
    """The deletion wins, and nothing is left of the document."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    events = world.ingesting.ingest(CALLER, ref)
    await anext(events)
    await world.objects.delete(ref)
    await world.ingesting.forget(CALLER, ref)

    document = ended([event async for event in events])

    assert (document.status, document.code) == (DocumentStatus.FAILED, "object_gone")
    assert await world.documents.recent(CALLER, collection=None, limit=10) == []


async def test_forgetting_takes_the_document_out(world: World) -> None:
    """The object's deletion deletes the document; a second one finds nothing, which is no error."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    document = ended(await world.ingest(ref))
    await world.objects.delete(ref)

    assert await world.ingesting.forget(CALLER, ref) == document
    assert await world.ingesting.forget(CALLER, ref) is None
    assert world.documents.contents == {}


async def test_removing_deletes_the_object_too(world: World) -> None:
    """Else the bucket and the database would say different things."""
    document = ended(await world.ingest(await world.objects.write("a/b c+d.txt", b"Some text.")))

    assert await world.ingesting.remove(CALLER, document.id) == document
    assert (world.objects.contents, world.documents.contents) == ({}, {})
    with pytest.raises(DocumentNotFound):
        await world.ingesting.remove(CALLER, document.id)
