"""What every document store does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.domain import (
    Block,
    Caller,
    Chunk,
    Document,
    DocumentStatus,
    ObjectRef,
    ParsedDocument,
    Vector,
)
from sluice.errors import DocumentBusy, DocumentNotFound, EmbeddingModelMismatch
from sluice.ports import DocumentStore
from sluice.testing.documents import InMemoryDocuments

MODEL, DIMENSION = "test/hash", 64
CALLER = Caller("acme")
OTHER = Caller("other")
REF = ObjectRef("bucket", "team/a b.pdf", "etag-1", 1_000)


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> DocumentStore:
    if request.param == "fake":
        return InMemoryDocuments(model=MODEL)
    database: Database = request.getfixturevalue("database")
    return PostgresDocuments(database)


def timeless(document: Document | None) -> Document | None:
    return replace(document, created_at=None, updated_at=None) if document else None


def expected(document_id: UUID, status: DocumentStatus, **changes: object) -> Document:
    document = Document(document_id, "team", REF.source, "a b.pdf", status, REF.etag, size=REF.size)
    return replace(document, **changes)  # type: ignore[arg-type] # whichever fields a test names


def content(*texts: str) -> tuple[ParsedDocument, list[Chunk], list[Vector]]:
    chunks = [Chunk(index, text, 0, len(text), page=index + 1) for index, text in enumerate(texts)]
    parsed = ParsedDocument("pdf", tuple(Block(text) for text in texts), title="A title", pages=len(texts))
    return parsed, chunks, [[1.0] + [0.0] * (DIMENSION - 1) for _ in texts]


async def stored(store: DocumentStore, ref: ObjectRef = REF, caller: Caller = CALLER) -> Document:
    document = await store.claim(caller, ref, lease_seconds=60)
    assert document
    return await store.store(caller, document, *content("One.", "Two."), model=MODEL)


async def test_registering_twice_is_one_pending_document(store: DocumentStore) -> None:
    """The object's address identifies its document."""
    first = await store.register(CALLER, REF)
    second = await store.register(CALLER, REF)

    assert timeless(first) == timeless(second) == expected(first.id, DocumentStatus.PENDING)


async def test_a_claim_is_exclusive(store: DocumentStore) -> None:
    """While a lease runs nobody else gets the document."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)

    assert claimed
    assert timeless(claimed) == expected(claimed.id, DocumentStatus.PROCESSING)
    with pytest.raises(DocumentBusy):
        await store.claim(CALLER, REF, lease_seconds=60)


async def test_a_claim_runs_out(store: DocumentStore) -> None:
    """An environment that died does not hold its document for ever."""
    first = await store.claim(CALLER, REF, lease_seconds=-1)
    second = await store.claim(CALLER, REF, lease_seconds=60)

    assert first
    assert second
    assert first.id == second.id


async def test_a_released_claim_can_be_taken(store: DocumentStore) -> None:
    """Giving back makes the document pending at once."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)
    assert claimed

    await store.release(CALLER, claimed.id)

    assert timeless(await store.get(CALLER, claimed.id)) == expected(claimed.id, DocumentStatus.PENDING)
    assert await store.claim(CALLER, REF, lease_seconds=60)


async def test_storing_makes_a_document_ready(store: DocumentStore) -> None:
    """What the parser found is kept with it, and this version can't be claimed any more."""
    document = await stored(store)

    ready = expected(document.id, DocumentStatus.READY, kind="pdf", title="A title", pages=2, chunks=2)
    assert timeless(document) == timeless(await store.get(CALLER, document.id)) == ready
    assert await store.claim(CALLER, REF, lease_seconds=60) is None


async def test_releasing_a_ready_document_changes_nothing(store: DocumentStore) -> None:
    """Only a claim can be given back."""
    document = await stored(store)

    await store.release(CALLER, document.id)

    assert await store.get(CALLER, document.id) == document


async def test_new_bytes_are_a_new_version_of_the_document(store: DocumentStore) -> None:
    """The document is pending again, and stays the same one."""
    old = await stored(store)

    new = await stored(store, replace(REF, etag="etag-2", size=7))

    assert (new.id, new.etag, new.size, new.status) == (old.id, "etag-2", 7, DocumentStatus.READY)


async def test_a_version_that_is_old_when_stored_is_not_ready(store: DocumentStore) -> None:
    """The bytes changed while the old ones were read: the new ones still wait."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)
    assert claimed
    await store.register(CALLER, replace(REF, etag="etag-2"))

    late = await store.store(CALLER, claimed, *content("Old."), model=MODEL)

    assert (late.status, late.etag) == (DocumentStatus.PENDING, "etag-2")
    assert await store.claim(CALLER, replace(REF, etag="etag-2"), lease_seconds=60)


async def test_a_failure_keeps_its_reason_until_the_next_try(store: DocumentStore) -> None:
    """A failed document says why, and can be claimed anew."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)
    assert claimed

    failed = await store.fail(CALLER, claimed.id, code="no_text_layer", reason="It is scanned.")

    assert timeless(failed) == expected(
        claimed.id, DocumentStatus.FAILED, code="no_text_layer", reason="It is scanned."
    )
    assert timeless(await store.claim(CALLER, REF, lease_seconds=60)) == expected(claimed.id, DocumentStatus.PROCESSING)


async def test_vectors_of_two_models_are_never_mixed(store: DocumentStore) -> None:
    """Another model's vectors are refused, and the claim is still there to be given back."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)
    assert claimed

    with pytest.raises(EmbeddingModelMismatch):
        await store.store(CALLER, claimed, *content("One."), model="other/model")

    assert (await store.get(CALLER, claimed.id)).status is DocumentStatus.PROCESSING


async def test_documents_are_listed_newest_first(store: DocumentStore) -> None:
    """Only the caller's, only of the collection, only so many."""
    refs = [ObjectRef("bucket", key, "e") for key in ("a.txt", "team/b.txt", "team/c.txt")]
    a, b, c = [await store.register(CALLER, ref) for ref in refs]
    await store.register(OTHER, ObjectRef("bucket", "theirs.txt", "e"))

    assert await store.recent(CALLER, collection=None, limit=10) == [c, b, a]
    assert await store.recent(CALLER, collection="team", limit=10) == [c, b]
    assert await store.recent(CALLER, collection=None, limit=1) == [c]


async def test_deleting_returns_what_was_there(store: DocumentStore) -> None:
    """A deleted document is not found any more; its object may come again as a new one."""
    document = await stored(store)

    assert await store.delete(CALLER, document.id) == document
    with pytest.raises(DocumentNotFound):
        await store.get(CALLER, document.id)
    with pytest.raises(DocumentNotFound):
        await store.delete(CALLER, document.id)
    assert (await stored(store)).id != document.id


async def test_deleting_by_source_is_no_error_when_there_is_none(store: DocumentStore) -> None:
    """Events of deletions come twice, and for objects that never were documents."""
    document = await stored(store)

    assert await store.delete_source(CALLER, REF.source) == document
    assert await store.delete_source(CALLER, REF.source) is None


async def test_a_document_deleted_meanwhile_is_not_stored(store: DocumentStore) -> None:
    """Storing and failing what is gone says so, and leaves nothing behind."""
    claimed = await store.claim(CALLER, REF, lease_seconds=60)
    assert claimed
    await store.delete(CALLER, claimed.id)

    with pytest.raises(DocumentNotFound):
        await store.store(CALLER, claimed, *content("One."), model=MODEL)
    with pytest.raises(DocumentNotFound):
        await store.fail(CALLER, claimed.id, code="x", reason="y")
    assert await store.recent(CALLER, collection=None, limit=10) == []


async def test_tenants_do_not_see_each_other(store: DocumentStore) -> None:
    """The same object may be a document of two tenants; neither reaches the other's."""
    mine = await stored(store)
    theirs = await stored(store, caller=OTHER)

    assert mine.id != theirs.id
    with pytest.raises(DocumentNotFound):
        await store.get(OTHER, mine.id)
    with pytest.raises(DocumentNotFound):
        await store.delete(OTHER, mine.id)
    with pytest.raises(DocumentNotFound):
        await store.fail(OTHER, mine.id, code="x", reason="y")
    await store.delete_source(OTHER, REF.source)
    assert await store.get(CALLER, mine.id) == mine


async def test_an_unknown_document_is_not_found(store: DocumentStore) -> None:
    """There is nothing to tell about an id that nobody made."""
    with pytest.raises(DocumentNotFound):
        await store.get(CALLER, uuid4())
