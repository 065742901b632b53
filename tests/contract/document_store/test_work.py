"""How a document is claimed, staged, published and failed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.domain import Caller, DocumentStatus, EmbeddingUsage, ObjectRef
from sluice.errors import DocumentBusy, DocumentChanged, EmbeddingModelMismatch
from sluice.ports import DocumentStore, Embeddings, Progress, Sample, Summary
from tests.contract.document_store.documents import (
    CALLER,
    MODEL,
    REF,
    claimed,
    content,
    event,
    expected,
    staged,
    stored,
    timeless,
)

STAGED = Progress("embedded", 2, 4)


async def test_registering_twice_is_one_pending_document(store: DocumentStore) -> None:
    """The object's address identifies its document."""
    first = await store.register(CALLER, REF)
    second = await store.register(CALLER, REF)

    assert timeless(first) == timeless(second) == expected(first.id, DocumentStatus.PENDING)


async def test_a_claim_is_exclusive(store: DocumentStore) -> None:
    """While a lease runs nobody else gets the document."""
    claim = await claimed(store)

    assert timeless(claim.document) == expected(claim.document.id, DocumentStatus.PROCESSING, step="received")
    with pytest.raises(DocumentBusy) as busy:
        await store.claim(CALLER, REF, lease_seconds=60)
    assert 30 < (busy.value.retry_after or 0) <= 60


async def test_a_claim_runs_out(store: DocumentStore) -> None:
    """An environment that died does not hold its document for ever, and what it writes later is refused."""
    first = await claimed(store, seconds=-1)
    second = await claimed(store)

    assert first.document.id == second.document.id
    assert first.version == second.version
    with pytest.raises(DocumentChanged):
        await staged(store, first, "Late.")
    with pytest.raises(DocumentChanged):
        await store.fail(first, code="x", reason="y")


async def test_a_sign_of_life_renews_the_lease(store: DocumentStore) -> None:
    """A document whose work goes on is not taken away."""
    claim = replace(await claimed(store, seconds=-1), lease_seconds=60)

    await store.report(claim, Progress("chunked", 0, 7), pages=3)

    with pytest.raises(DocumentBusy):
        await store.claim(CALLER, REF, lease_seconds=60)
    document = await store.get(CALLER, claim.document.id)
    assert (document.step, document.done, document.total, document.pages) == ("chunked", 0, 7, 3)


async def test_a_lease_is_renewed_without_progress(store: DocumentStore) -> None:
    """A long step is no death; a claim that is lost stays lost."""
    claim = replace(await claimed(store, seconds=-1), lease_seconds=60)

    await store.renew(claim)

    with pytest.raises(DocumentBusy):
        await store.claim(CALLER, REF, lease_seconds=60)
    assert (await store.get(CALLER, claim.document.id)).step == "received"
    await store.release(claim)
    with pytest.raises(DocumentChanged):
        await store.renew(claim)


async def test_a_released_claim_can_be_taken(store: DocumentStore) -> None:
    """Giving back makes the document pending at once, with the reason why it waits."""
    claim = await claimed(store)

    await store.release(claim, code="model_unavailable", reason="Later.")

    document = await store.get(CALLER, claim.document.id)
    assert (document.status, document.code, document.reason) == (DocumentStatus.PENDING, "model_unavailable", "Later.")
    assert (await claimed(store)).document.reason is None


async def test_a_published_and_finished_document_is_ready(store: DocumentStore) -> None:
    """What the parser found and what embedding took is kept with it; this version can't be claimed any more."""
    document = await stored(store)

    ready = expected(
        document.id, DocumentStatus.READY, kind="pdf", title="A title", pages=2, chunks=2, step="ready", tokens=10,
        cost=0.5, metadata={"kind": "pdf"},
    )  # fmt: skip
    assert timeless(document) == timeless(await store.get(CALLER, document.id)) == ready
    assert await store.claim(CALLER, REF, lease_seconds=60) is None


async def test_pages_without_text_are_those_of_the_pages_that_are_told(store: DocumentStore) -> None:
    """A new version has other pages: until it is published nobody knows how many of them have text."""
    claim = await claimed(store)
    await staged(store, claim, "One.")
    await store.publish(claim, Summary("pdf", 1, pages=9, pages_without_text=8))
    first = await store.finish(claim)
    second = await claimed(store, event("", "etag-2"))
    await store.report(second, Progress("embedded", 1, 4))
    begun = await store.get(CALLER, first.id)
    await store.report(second, Progress("chunked", 0, 4), pages=3)
    read = await store.get(CALLER, first.id)

    assert [(it.pages, it.pages_without_text) for it in (first, begun, read)] == [(9, 8), (9, 8), (3, None)]


async def test_staging_shows_its_progress(store: DocumentStore) -> None:
    """Each batch is counted when it is written, and so is what it took."""
    claim = await claimed(store)

    await staged(store, claim, "One.", "Two.")

    document = await store.get(CALLER, claim.document.id)
    assert (document.step, document.done, document.total) == ("embedded", 2, 9)
    assert (document.tokens, document.cost, document.chunks) == (10, 0.5, 0)


async def test_what_was_staged_is_there_for_the_next_claim(store: DocumentStore) -> None:
    """Work that breaks off goes on where it stopped."""
    first = await claimed(store)
    await staged(store, first, "One.", "Two.")
    await store.release(first)
    second = await claimed(store)
    chunks, _ = content("One.", "Two.", "Three.")

    assert await store.reuse(second, chunks) == {0, 1}


async def test_what_the_document_has_already_is_reused(store: DocumentStore) -> None:
    """By content, wherever it stands now; only what is new has to be embedded."""
    await stored(store)
    claim = await claimed(store, event("", "etag-2"))
    chunks, _ = content("New.", "Two.", "One.")

    assert await store.reuse(claim, chunks) == {1, 2}


async def test_what_another_document_has_is_reused(store: DocumentStore) -> None:
    """The same text is embedded once for a tenant, also where it stands in a document twice."""
    await stored(store)
    claim = await claimed(store, replace(REF, key="team/other.pdf", etag="etag-2"))
    chunks, _ = content("Two.", "New.", "Two.")

    assert await store.reuse(claim, chunks) == {0, 2}


async def test_what_another_tenant_has_is_not_reused(store: DocumentStore) -> None:
    """Nobody can tell from the time or the cost what others have."""
    await stored(store)
    claim = await claimed(store, replace(REF, key="tenants/other/a.pdf"), Caller("other"))

    assert await store.reuse(claim, content("One.", "Two.")[0]) == set()


async def test_batches_of_a_document_are_staged_side_by_side(store: DocumentStore) -> None:
    """Each is there, and what they cost is added up."""
    claim = await claimed(store)
    chunks, vectors = content("One.", "Two.", "Three.", "Four.")
    halves = [(chunks[:2], vectors[:2]), (chunks[2:], vectors[2:])]

    await asyncio.gather(
        *(
            store.stage(claim, half, Embeddings(half_vectors, EmbeddingUsage(10, 0.5), MODEL), progress=STAGED)
            for half, half_vectors in halves
        )
    )

    assert await store.reuse(claim, chunks) == {0, 1, 2, 3}
    assert (await store.get(CALLER, claim.document.id)).tokens == 20


async def test_a_sample_is_what_readers_see(store: DocumentStore) -> None:
    """The published chunk in the middle, with its vector."""
    claim = await claimed(store)
    await staged(store, claim, "One.", "Two.", "Three.")
    await store.publish(claim, Summary("text", 3))

    assert await store.sample(claim) == Sample("Two.", content("Two.")[1][0], MODEL)


async def test_a_failure_keeps_its_reason(store: DocumentStore) -> None:
    """A failed document says why; the same event does not try it again."""
    claim = await claimed(store, event("A"))

    failed = await store.fail(claim, code="no_text_layer", reason="It is scanned.")

    assert (failed.status, failed.code, failed.reason) == (DocumentStatus.FAILED, "no_text_layer", "It is scanned.")
    assert await store.claim(CALLER, event("A"), lease_seconds=60) is None
    assert await store.claim(CALLER, REF, lease_seconds=60) is None


@pytest.mark.parametrize(
    ("ref", "again"),
    [
        (event("B"), False),
        (replace(REF, written_at=datetime(2100, 1, 1, tzinfo=UTC)), False),
        (event("A"), True),
    ],
    ids=["put again", "put again, by the time", "redriven"],
)
async def test_a_failed_document_is_tried_again(store: DocumentStore, ref: ObjectRef, again: bool) -> None:
    """A new put of the same bytes, or whoever asks for it, starts the next try."""
    await store.fail(await claimed(store, event("A")), code="x", reason="y")

    claim = await claimed(store, ref, again=again)

    assert (claim.document.code, claim.document.reason) == (None, None)


async def test_a_failure_keeps_the_version_before(store: DocumentStore) -> None:
    """Readers go on with what was ready; what was staged of the new version is gone."""
    await stored(store)
    claim = await claimed(store, event("", "etag-2"))
    await staged(store, claim, "New.")

    failed = await store.fail(claim, code="x", reason="y")

    assert (failed.status, failed.chunks) == (DocumentStatus.FAILED, 2)
    third = await claimed(store, event("", "etag-3"))
    assert await store.reuse(third, content("One.", "New.")[0]) == {0}


async def test_vectors_of_two_models_are_never_mixed(store: DocumentStore) -> None:
    """Another model's vectors are refused, and the claim is still there to be given back."""
    claim = await claimed(store)

    with pytest.raises(EmbeddingModelMismatch):
        await staged(store, claim, "One.", model="other/model")

    assert (await store.get(CALLER, claim.document.id)).status is DocumentStatus.PROCESSING


async def test_a_document_deleted_meanwhile_is_not_stored(store: DocumentStore) -> None:
    """What its claim writes is refused, and nothing is left behind."""
    claim = await claimed(store)
    await store.delete(CALLER, claim.document.id)

    with pytest.raises(DocumentChanged):
        await staged(store, claim, "One.")
    with pytest.raises(DocumentChanged):
        await store.fail(claim, code="x", reason="y")
    await store.release(claim)
    assert await store.recent(CALLER, collection=None, limit=10) == []
