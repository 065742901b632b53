"""The bucket's events through the handler: one effect for each object, and one failure for each failed message."""

from __future__ import annotations

import asyncio

from sluice.domain import Document, DocumentStatus
from sluice.errors import ModelUnavailable
from sluice.testing.pdfs import pdf
from tests.ingest.conftest import Function, batch, notification
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
