"""What becomes of a document's metadata when it is changed without reading the object again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.domain import DocumentStatus
from sluice.errors import DocumentBusy, DocumentNotFound
from sluice.ports import DocumentStore
from tests.contract.document_store.documents import CALLER, OTHER, REF, claimed, event, stored, timeless

COPY = replace(REF, etag="etag-of-the-copy")


async def test_a_ready_document_takes_other_metadata(store: DocumentStore) -> None:
    """All but what it was read as; nothing else of it changes."""
    was = await stored(store)

    now = await store.label(CALLER, was.id, {"year": 2024}, was=REF, now=REF)

    assert timeless(now) == timeless(await store.get(CALLER, was.id))
    assert timeless(now) == timeless(replace(was, metadata={"year": 2024, "kind": was.kind}))


async def test_the_event_of_the_relabelled_object_has_nothing_to_tell(store: DocumentStore) -> None:
    """Also where the copy has another etag, as it does in a bucket that encrypts with a key of KMS."""
    document = await stored(store)
    await store.label(CALLER, document.id, {"year": 2024}, was=REF, now=COPY)

    assert await store.claim(CALLER, event("FF", "etag-of-the-copy"), lease_seconds=60) is None
    assert (await store.get(CALLER, document.id)).metadata == {"year": 2024, "kind": document.kind}


async def test_a_document_that_is_being_read_is_not_relabelled(store: DocumentStore) -> None:
    """It may have read the old metadata, and would bring it back; so it is with one that waits."""
    claim = await claimed(store)

    with pytest.raises(DocumentBusy):
        await store.label(CALLER, claim.document.id, {"year": 2024}, was=REF, now=REF)
    await store.release(claim)
    with pytest.raises(DocumentBusy):
        await store.label(CALLER, claim.document.id, {"year": 2024}, was=REF, now=REF)


async def test_a_failed_document_is_relabelled(store: DocumentStore) -> None:
    """Of what kind it is nobody knows."""
    claim = await claimed(store)
    await store.fail(claim, code="no_text", reason="No text.")

    document = await store.label(CALLER, claim.document.id, {"year": 2024}, was=REF, now=REF)

    assert (document.status, document.metadata) == (DocumentStatus.FAILED, {"year": 2024})


async def test_metadata_of_another_version_is_not_taken(store: DocumentStore) -> None:
    """The object was put anew meanwhile, with metadata of its own."""
    document = await stored(store)

    with pytest.raises(DocumentBusy):
        await store.label(CALLER, document.id, {"year": 2024}, was=COPY, now=COPY)


async def test_nobody_relabels_the_document_of_another_tenant(store: DocumentStore) -> None:
    """To others it does not exist."""
    document = await stored(store)

    with pytest.raises(DocumentNotFound):
        await store.label(OTHER, document.id, {"year": 2024}, was=REF, now=REF)
