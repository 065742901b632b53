"""The bucket's events through the handler: one effect for each object, and one failure for each failed message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from functions.ingest.batches import Turns
from functions.ingest.events import Created, QueueMessage, object_events
from sluice.domain import Caller, Document, DocumentStatus, ObjectRef
from sluice.errors import ModelUnavailable, ObjectArchived, QueueUnavailable
from sluice.ports import Embeddings
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import Sent
from sluice.testing.pdfs import pdf
from tests.ingest.conftest import ATTEMPTS, Function, batch, notification
from tests.ingest.test_events import TEST_EVENT

NOTHING_FAILED: dict[str, list[object]] = {"batchItemFailures": []}


def stored(function: Function) -> list[Document]:
    return asyncio.run(function.recent())


def statuses(function: Function) -> dict[str, tuple[DocumentStatus, str | None]]:
    return {document.title: (document.status, document.code) for document in stored(function)}


def test_a_queued_object_becomes_a_document(function: Function) -> None:
    """The way of the template: bucket, queue, function."""
    event = function.put("reports/q1.pdf", pdf("Revenue grew.", "Costs did not."))

    assert function.invoke(batch(event)) == NOTHING_FAILED
    (document,) = stored(function)
    assert (document.collection, document.status, document.kind, document.pages, document.chunks) == (
        "reports",
        DocumentStatus.READY,
        "pdf",
        2,
        2,
    )


def test_an_object_delivered_twice_is_one_document(function: Function) -> None:
    """Queues deliver at least once."""
    event = function.put("a.txt", b"Some text.")

    assert function.invoke(batch(event, event)) == NOTHING_FAILED
    assert function.invoke(batch(event)) == NOTHING_FAILED
    assert (len(stored(function)), len(function.embedder.texts)) == (1, 1)


class MeetingEmbedder(HashEmbedder):
    """Embeds nothing before so many documents want it."""

    def __init__(self, parties: int) -> None:
        super().__init__()
        self._missing = parties
        self._complete = asyncio.Event()

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        self._missing -= 1
        if not self._missing:
            self._complete.set()
        await self._complete.wait()
        return await super().embed_documents(texts)


def test_the_messages_of_a_batch_are_handled_side_by_side() -> None:
    """None waits for what the others wait for."""
    function = Function(embedder=MeetingEmbedder(3))
    events = [function.put(f"{name}.txt", name.encode()) for name in ("a", "b", "c")]

    assert function.invoke(batch(*events)) == NOTHING_FAILED
    assert set(statuses(function).values()) == {(DocumentStatus.READY, None)}


def test_messages_about_one_object_wait_for_each_other(function: Function) -> None:
    """None of them finds the document in work and has to come again."""
    first, second = function.put("a.txt", b"Old.", sequencer="01"), function.put("a.txt", b"New.", sequencer="02")

    assert function.invoke(batch(first, second, first)) == NOTHING_FAILED
    assert function.queue.sent == []
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


async def test_large_objects_take_turns() -> None:
    """The text of only one of them is in memory; small ones pass them by."""
    large, other, small = (
        QueueMessage(name, (Created(ObjectRef("b", name, "1", size)),))
        for name, size in (("large", 5 << 20), ("other", 5 << 20), ("small", 100))
    )
    turns = Turns()

    async with turns.turn(large):
        waiting = asyncio.create_task(pass_through(turns, other))
        await pass_through(turns, small)
        assert not waiting.done()
    await waiting


async def pass_through(turns: Turns, message: QueueMessage) -> None:
    async with turns.turn(message):
        pass


def test_s3_may_call_the_function_itself(function: Function) -> None:
    """Without a queue the same happens, and there is nothing to report."""
    assert function.invoke(function.put("a.txt", b"Some text.")) is None
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


def test_a_removed_object_takes_its_document_along(function: Function) -> None:
    """The deletion arrives as an event too."""
    function.invoke(batch(function.put("a.txt", b"Some text.")))

    assert function.invoke(batch(notification("ObjectRemoved:DeleteMarkerCreated", "a.txt"))) == NOTHING_FAILED
    assert (stored(function), function.documents.contents) == ([], {})


def test_bad_documents_fail_with_a_reason_and_are_not_retried(function: Function) -> None:
    """Another delivery would not mend them; the next document of the batch is read."""
    result = function.invoke(
        batch(
            notification("ObjectCreated:Put", "gone.txt", b"x"),
            function.put("empty.txt", b""),
            function.put("image.txt", b"\x89PNG\r\n\x1a\n"),
            function.put("half.pdf", pdf("A page with text.")[:420]),
            function.put("scan.pdf", pdf(None)),
            function.put("large.txt", b"x" * 20_001),
            function.put("good.txt", b"Some text."),
        )
    )

    assert result == NOTHING_FAILED
    assert statuses(function) == {
        "gone.txt": (DocumentStatus.FAILED, "object_gone"),
        "empty.txt": (DocumentStatus.FAILED, "empty_document"),
        "image.txt": (DocumentStatus.FAILED, "unsupported_kind"),
        "half.pdf": (DocumentStatus.FAILED, "damaged_document"),
        "scan.pdf": (DocumentStatus.FAILED, "no_text_layer"),
        "large.txt": (DocumentStatus.FAILED, "document_too_large"),
        "good.txt": (DocumentStatus.READY, None),
    }
    assert all(document.reason for document in stored(function) if document.status is DocumentStatus.FAILED)


def test_only_what_may_pass_comes_again(function: Function) -> None:
    """One message's trouble is its own, and its next delivery succeeds."""
    first, second = function.put("a.txt", b"First text."), function.put("b.txt", b"Second text.")
    function.embedder.failures.append(ModelUnavailable())

    assert function.invoke(batch(first, second)) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert statuses(function) == {
        "a.txt": (DocumentStatus.PENDING, "model_unavailable"),
        "b.txt": (DocumentStatus.READY, None),
    }
    assert function.invoke(batch(first)) == NOTHING_FAILED
    assert statuses(function)["a.txt"] == (DocumentStatus.READY, None)


def test_a_bug_fails_its_own_message_only(function: Function) -> None:
    """An error that nobody expected does not take the batch along."""
    function.embedder.failures.append(ZeroDivisionError())

    result = function.invoke(batch(function.put("a.txt", b"First text."), function.put("b.txt", b"Second text.")))

    assert result == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_test_and_foreign_events_are_successes(function: Function) -> None:
    """S3 sends a test event when the notification is set up; other events have nothing for us."""
    assert function.invoke(batch(TEST_EVENT, {"hello": "world"}, "not json")) == NOTHING_FAILED
    assert function.invoke(TEST_EVENT) is None
    assert function.invoke({"source": "aws.events", "detail-type": "Scheduled Event"}) is None
    assert function.invoke(batch(function.put("a.txt", b"Some text."))) == NOTHING_FAILED
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


# --- Order


def test_a_deletion_that_overtakes_its_creation_wins(function: Function) -> None:
    """The late event of the creation makes nothing, though the object could still be read."""
    created = function.put("a.txt", b"Some text.", sequencer="0A")

    function.invoke(batch(notification("ObjectRemoved:Delete", "a.txt", sequencer="0B")))
    assert function.invoke(batch(created)) == NOTHING_FAILED

    assert stored(function) == []


def test_events_without_a_sequencer_are_checked_with_the_bucket(function: Function) -> None:
    """A late deletion of an object that is there again deletes nothing; a late creation makes nothing."""
    function.invoke(batch(function.put("a.txt", b"Some text.", sequencer="")))
    function.invoke(batch(notification("ObjectRemoved:Delete", "a.txt", sequencer="")))
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}

    function.objects.contents.clear()
    function.invoke(batch(notification("ObjectRemoved:Delete", "a.txt", sequencer="")))
    function.invoke(batch(notification("ObjectCreated:Put", "a.txt", b"Some text.", sequencer="")))
    assert stored(function) == []


def test_deleting_an_old_version_keeps_the_document(function: Function) -> None:
    """In a versioned bucket the present version stays; where a delete marker was deleted, it is there again."""
    put = function.put("a.txt", b"Some text.", sequencer="0A")
    removed = notification("ObjectRemoved:Delete", "a.txt", sequencer="0B")
    removed["Records"][0]["s3"]["object"]["versionId"] = "v0"

    function.invoke(batch(put))
    function.invoke(batch(removed))
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}

    function.invoke(batch(notification("ObjectRemoved:DeleteMarkerCreated", "a.txt", sequencer="0C")))
    assert stored(function) == []
    removed["Records"][0]["s3"]["object"]["sequencer"] = "0D"
    function.invoke(batch(removed))
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


def test_a_key_names_its_tenant(function: Function) -> None:
    """An upload and the event of its object are of one tenant."""
    function.invoke(batch(function.put("tenants/acme/team/a.txt", b"Some text.")))

    (document,) = asyncio.run(function.documents.recent(Caller("acme"), collection="team", limit=10))
    assert (document.title, document.status) == ("a.txt", DocumentStatus.READY)
    assert stored(function) == []


# --- Failing and coming again


def test_a_failed_document_is_not_read_again_by_a_duplicate(function: Function) -> None:
    """Neither the same event nor the same message; a new put is, and so is a dead letter that was sent back."""
    event = function.put("a.txt", b"\x89PNG", sequencer="0A")
    for _ in range(2):
        function.invoke(batch(event))
    (first,) = stored(function)
    assert first.code == "unsupported_kind"

    function.invoke(batch(event))
    assert stored(function) == [first]
    function.invoke(batch(event, again=True))
    (second,) = stored(function)
    function.invoke(batch(function.put("a.txt", b"\x89PNG", sequencer="0B")))
    (third,) = stored(function)
    changes = [it.updated_at for it in (first, second, third) if it.updated_at]
    assert (len(set(changes)), changes) == (3, sorted(changes))


def test_a_restored_object_is_tried_again(function: Function) -> None:
    """It had failed because it lay in an archive."""
    event = function.put("a.txt", b"Some text.", sequencer="0A")
    function.objects.failures.append(ObjectArchived())
    function.invoke(batch(event))
    assert statuses(function) == {"a.txt": (DocumentStatus.FAILED, "object_archived")}

    function.invoke(batch(notification("ObjectRestore:Completed", "a.txt", b"Some text.", sequencer="")))

    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


@pytest.mark.parametrize(("tries", "longest"), [(1, 15), (2, 30)])
def test_a_failed_message_comes_back_soon(function: Function, tries: int, longest: int) -> None:
    """Not after the queue's long time-out; each time a little later."""
    function.embedder.failures.append(ModelUnavailable())

    function.invoke(batch(function.put("a.txt", b"Some text."), tries=tries))

    assert longest // 2 <= function.queue.delayed["handle-1"] <= longest


def test_the_last_try_makes_the_document_failed(function: Function) -> None:
    """The message becomes a dead letter, and until it is redriven the document says why."""
    event = function.put("a.txt", b"Some text.")
    function.embedder.failures.append(ModelUnavailable())

    result = function.invoke(batch(event, tries=ATTEMPTS))

    assert result == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert statuses(function) == {"a.txt": (DocumentStatus.FAILED, "model_unavailable")}
    function.invoke(batch(event, again=True))
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}


def test_an_invocation_without_time_hands_its_message_on(function: Function) -> None:
    """The copy has all its tries before it, and the message is done."""
    event = function.put("a.txt", b"Some text.")

    assert function.invoke(batch(event), seconds=2.5) == NOTHING_FAILED

    assert function.queue.sent == [Sent(json.dumps(event))]


def test_a_document_in_work_is_asked_for_later(function: Function) -> None:
    """Two environments on one object: one works, the other waits without using up a try."""
    event = function.put("a.txt", b"Some text.")
    (told,) = object_events(event)
    assert asyncio.run(function.documents.claim(Caller(), told.ref, lease_seconds=60))

    assert function.invoke(batch(event)) == NOTHING_FAILED

    assert function.queue.sent == [Sent(json.dumps(event), delay_seconds=30)]


def test_a_document_of_a_dead_environment_is_asked_for_when_its_lease_ends(function: Function) -> None:
    """And not a second later than it must wait."""
    event = function.put("a.txt", b"Some text.")
    (told,) = object_events(event)
    assert asyncio.run(function.documents.claim(Caller(), told.ref, lease_seconds=5))

    assert function.invoke(batch(event)) == NOTHING_FAILED

    assert function.queue.sent == [Sent(json.dumps(event), delay_seconds=5)]


def test_a_queue_that_can_not_be_reached_leaves_the_message(function: Function) -> None:
    """The event source mapping brings it again by itself."""
    function.queue.failures.append(QueueUnavailable())

    result = function.invoke(batch(function.put("a.txt", b"Some text.")), seconds=2.5)

    assert result == {"batchItemFailures": [{"itemIdentifier": "1"}]}


# --- The schedule


def test_the_schedule_reconciles(function: Function) -> None:
    """What the bucket has and the documents lack is announced to the queue."""
    function.put("a.txt", b"Some text.")

    report = function.invoke({"sluice": "reconcile"})

    assert report == {
        "objects": 1,
        "documents": 0,
        "repaired": 1,
        "missing": {"count": 1, "sources": ["s3://documents/a.txt"]},
        "orphaned": {"count": 0, "sources": []},
        "outdated": {"count": 0, "sources": []},
        "stuck": {"count": 0, "sources": []},
    }
    function.invoke(batch(function.queue.sent[0].body))
    assert statuses(function) == {"a.txt": (DocumentStatus.READY, None)}
