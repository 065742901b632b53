"""What events of objects do to their documents, and whom the store shows which."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from sluice.domain import DocumentStatus, ObjectRef
from sluice.errors import DocumentChanged, DocumentNotFound
from sluice.ports import DocumentStore
from tests.contract.document_store.documents import CALLER, OTHER, REF, claimed, event, published, stored


async def test_new_bytes_are_a_new_version_of_the_document(store: DocumentStore) -> None:
    """The document is pending again, and stays the same one."""
    old = await stored(store)

    new = await stored(store, replace(REF, etag="etag-2", size=7))

    assert (new.id, new.etag, new.size, new.status) == (old.id, "etag-2", 7, DocumentStatus.READY)


async def test_new_bytes_take_the_claim_away(store: DocumentStore) -> None:
    """The bytes changed while the old ones were read: those are not stored, and the new ones wait."""
    claim = await claimed(store)
    await store.register(CALLER, replace(REF, etag="etag-2"))

    with pytest.raises(DocumentChanged):
        await published(store, claim, "Old.")

    assert (await store.get(CALLER, claim.document.id)).status is DocumentStatus.PENDING
    assert await store.claim(CALLER, replace(REF, etag="etag-2"), lease_seconds=60)


async def test_the_bytes_that_were_read_are_noted(store: DocumentStore) -> None:
    """An event may tell of older bytes than were there to read."""
    claim = await claimed(store, event("A"))
    await store.confirm(claim, replace(REF, etag="etag-2", size=5))
    document = await published(store, claim, "Two.")

    assert (document.etag, document.size) == ("etag-2", 5)
    assert await store.claim(CALLER, event("A"), lease_seconds=60) is None
    assert await store.claim(CALLER, event("B", "etag-2"), lease_seconds=60) is None


async def test_an_old_event_changes_nothing(store: DocumentStore) -> None:
    """Events come in any order; the greatest sequencer of a key is its latest."""
    await store.register(CALLER, event("B", "etag-2"))

    document = await store.register(CALLER, event("A", "etag-1"))

    assert (document.etag, document.sequencer) == ("etag-2", "B")


async def test_a_deletion_that_overtakes_its_creation_wins(store: DocumentStore) -> None:
    """Its tombstone stops the late event; a later put brings the object back as a new document."""
    assert await store.bury(CALLER, event("B")) is None

    assert await store.claim(CALLER, event("A"), lease_seconds=60) is None
    assert await store.recent(CALLER, collection=None, limit=10) == []
    assert (await claimed(store, event("C"))).document.sequencer == "C"


async def test_an_old_deletion_deletes_nothing(store: DocumentStore) -> None:
    """The object was put again after it."""
    document = await stored(store, event("C"))

    assert await store.bury(CALLER, event("B")) is None
    assert await store.get(CALLER, document.id) == document


async def test_an_object_that_was_seen_is_there_again(store: DocumentStore) -> None:
    """What has no sequencer was seen in the bucket, which no tombstone can gainsay."""
    await store.bury(CALLER, event("B"))

    assert (await store.register(CALLER, REF)).status is DocumentStatus.PENDING


async def test_documents_are_listed_newest_first(store: DocumentStore) -> None:
    """Only the caller's, only of the collection, only so many."""
    refs = [ObjectRef("bucket", key, "e") for key in ("a.txt", "team/b.txt", "team/c.txt")]
    a, b, c = [await store.register(CALLER, ref) for ref in refs]
    await store.register(OTHER, ObjectRef("bucket", "theirs.txt", "e"))

    assert await store.recent(CALLER, collection=None, limit=10) == [c, b, a]
    assert await store.recent(CALLER, collection="team", limit=10) == [c, b]
    assert await store.recent(CALLER, collection=None, limit=1) == [c]


async def test_the_list_goes_on_before_the_last_one(store: DocumentStore) -> None:
    """Page by page, by status, or one by its source."""
    a, b, c = [await store.register(CALLER, ObjectRef("bucket", key, "e")) for key in ("a.txt", "b.txt", "c.txt")]
    ready = await stored(store)

    assert await store.recent(CALLER, collection=None, limit=2, before=ready.id) == [c, b]
    assert await store.recent(CALLER, collection=None, limit=2, before=b.id) == [a]
    assert await store.recent(CALLER, collection=None, limit=9, status=DocumentStatus.READY) == [ready]
    assert await store.recent(CALLER, collection=None, limit=9, source="s3://bucket/b.txt") == [b]
    assert await store.recent(OTHER, collection=None, limit=9, source="s3://bucket/b.txt") == []


async def test_deleting_returns_what_was_there(store: DocumentStore) -> None:
    """A deleted document is not found any more; its object may come again as a new one."""
    document = await stored(store)

    assert await store.delete(CALLER, document.id) == document
    with pytest.raises(DocumentNotFound):
        await store.get(CALLER, document.id)
    with pytest.raises(DocumentNotFound):
        await store.delete(CALLER, document.id)
    assert (await stored(store)).id != document.id


async def test_burying_is_no_error_when_there_is_nothing(store: DocumentStore) -> None:
    """Events of deletions come twice, and for objects that never were documents."""
    document = await stored(store)

    assert await store.bury(CALLER, REF) == document
    assert await store.bury(CALLER, REF) is None
    tombstone = await store.find(CALLER, REF.source)
    assert tombstone
    assert tombstone.status is DocumentStatus.DELETED


async def test_old_tombstones_are_forgotten(store: DocumentStore) -> None:
    """After a time no event of the object can come any more."""
    await store.bury(CALLER, REF)

    await store.forget_tombstones(older_than_seconds=3600)
    assert await store.find(CALLER, REF.source)
    await store.forget_tombstones(older_than_seconds=-1)
    assert await store.find(CALLER, REF.source) is None


async def test_all_documents_come_in_the_order_of_their_sources(store: DocumentStore) -> None:
    """Page by page, of every tenant, as the bucket lists its keys."""
    refs = [ObjectRef("bucket", key, "e") for key in ("a", "Z", "ä", "b/c", "文")]
    for number, ref in enumerate(refs):
        await store.register(OTHER if number % 2 else CALLER, ref)
    await store.bury(CALLER, ObjectRef("bucket", "a"))

    first = await store.page(after="", limit=2)
    rest = await store.page(after=first[-1].source, limit=9)

    assert [it.source for it in first + rest] == [f"s3://bucket/{key}" for key in ("Z", "b/c", "ä", "文")]


async def test_tenants_do_not_see_each_other(store: DocumentStore) -> None:
    """The same object may be a document of two tenants; neither reaches the other's."""
    mine = await stored(store)
    theirs = await stored(store, caller=OTHER)

    assert mine.id != theirs.id
    with pytest.raises(DocumentNotFound):
        await store.get(OTHER, mine.id)
    with pytest.raises(DocumentNotFound):
        await store.delete(OTHER, mine.id)
    await store.bury(OTHER, REF)
    assert await store.get(CALLER, mine.id) == mine


async def test_an_unknown_document_is_not_found(store: DocumentStore) -> None:
    """There is nothing to tell about an id that nobody made."""
    with pytest.raises(DocumentNotFound):
        await store.get(CALLER, uuid4())
