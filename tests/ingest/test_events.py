"""What the bucket's events say, and that everything else says nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.ingest.events import Created, ObjectEvent, QueueMessage, Removed, object_events, queue_messages
from sluice.domain import ObjectRef, sequence
from sluice.testing.objects import etag
from tests.ingest.conftest import batch, notification

TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "documents", "RequestId": "x", "HostId": "y"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ObjectCreated:Put", Created),
        ("ObjectCreated:Copy", Created),
        ("ObjectCreated:CompleteMultipartUpload", Created),
        ("ObjectRemoved:Delete", Removed),
        ("ObjectRemoved:DeleteMarkerCreated", Removed),
        ("ObjectCreated:Post", Created),
        ("LifecycleExpiration:Delete", Removed),
        ("LifecycleExpiration:DeleteMarkerCreated", Removed),
    ],
)
def test_an_event_is_a_creation_or_a_removal(name: str, expected: type[Created | Removed]) -> None:
    """Every way to make or lose an object is one of the two."""
    assert object_events(notification(name, "a.txt", b"xyz")) == (
        expected(ObjectRef("documents", "a.txt", etag(b"xyz"), 3, "0055AED6DCD90281E5")),
    )


@pytest.mark.parametrize(
    ("encoded", "key"),
    [("a+b.txt", "a b.txt"), ("a%2Bb%25.txt", "a+b%.txt"), ("d%C3%B6c/%E6%96%87.md", "döc/文.md")],
)
def test_keys_are_decoded(encoded: str, key: str) -> None:
    """S3 encodes keys as forms do."""
    (event,) = object_events(notification("ObjectCreated:Put", encoded))

    assert event.ref.key == key


def test_a_removal_has_no_etag() -> None:
    """S3 leaves etag and size out when an object is gone."""
    event = notification("ObjectRemoved:Delete", "a.txt", sequencer="")
    del event["Records"][0]["s3"]["object"]["eTag"], event["Records"][0]["s3"]["object"]["size"]

    assert object_events(event) == (Removed(ObjectRef("documents", "a.txt")),)


@pytest.mark.parametrize(
    "event",
    [
        TEST_EVENT,
        {"Records": [{"EventSource": "aws:sns", "Sns": {}}]},
        {"source": "aws.s3", "detail-type": "Object Tags Added", "detail": {}},
        {"Type": "Notification", "Message": "hello"},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"Records": "none"},
        {"hello": "world"},
        [],
        None,
        notification("ObjectTagging:Put", "a.txt"),
        notification("ObjectCreated:Put", "folder/"),
        notification("ObjectCreated:Put", ".sluice/scans/a.pdf"),
        notification("ObjectRemoved:Delete", ".sluice/scans/a.pdf"),
        notification("ObjectCreated:Put", "no%00name.txt"),
        notification("ObjectRestore:Post", "a.txt"),
        notification("ObjectRestore:Delete", "a.txt"),
        notification("LifecycleTransition", "a.txt"),
        notification("Replication:OperationReplicatedAfterThreshold", "a.txt"),
    ],
)
def test_what_is_not_ours_says_nothing(event: Any) -> None:
    """A foreign or test event is no error."""
    assert (object_events(event), queue_messages(event)) == ((), None)


def bridged(kind: str, **more: Any) -> dict[str, Any]:
    """Return EventBridge's event, whose keys are not encoded."""
    item = {"key": "a b+c%.txt", "size": 3, "etag": "e", "version-id": "v1", "sequencer": "00617F08299329D189"}
    detail = {"version": "0", "bucket": {"name": "documents"}, "object": item, **more}
    return {"source": "aws.s3", "detail-type": kind, "time": "2026-11-24T08:00:00Z", "detail": detail}


BRIDGED = ObjectRef("documents", "a b+c%.txt", "e", 3, "00617F08299329D189", datetime(2026, 11, 24, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (bridged("Object Created", reason="CopyObject"), Created(BRIDGED)),
        (bridged("Object Restore Completed"), Created(BRIDGED, again=True)),
        (bridged("Object Deleted", **{"deletion-type": "Delete Marker Created"}), Removed(BRIDGED)),
        (
            bridged("Object Deleted", **{"deletion-type": "Permanently Deleted"}),
            Removed(BRIDGED, only_a_version=True),
        ),
    ],
)
def test_event_bridge_tells_the_same(event: dict[str, Any], expected: ObjectEvent) -> None:
    """Its events hold one object each, and wrap nothing."""
    assert object_events(event) == (expected,)
    (message,) = queue_messages(batch(event)) or []
    assert message.events == (expected,)


def test_sns_wraps_the_notification() -> None:
    """In a queue's message, and as an event of its own."""
    inner = notification("ObjectCreated:Put", "a.txt", b"x")
    told = object_events(inner)
    envelope = {"Type": "Notification", "MessageId": "m", "Message": json.dumps(inner)}

    (message,) = queue_messages(batch(envelope)) or []
    assert len(told) == 1
    assert message.events == told
    assert object_events({"Records": [{"EventSource": "aws:sns", "Sns": envelope}]}) == told


def test_sns_may_wrap_what_event_bridge_tells() -> None:
    """A rule's target may be a topic, and the topic's subscriber the queue or the function."""
    envelope = {"Type": "Notification", "Message": json.dumps(bridged("Object Created"))}

    (message,) = queue_messages(batch(envelope)) or []
    assert message.events == (Created(BRIDGED),)
    assert object_events({"Records": [{"EventSource": "aws:sns", "Sns": envelope}]}) == (Created(BRIDGED),)


def test_a_restored_object_may_have_no_sequencer() -> None:
    """As in AWS's own example; the bucket is asked then."""
    event = bridged("Object Restore Completed")
    del event["detail"]["object"]["sequencer"]

    assert object_events(event) == (Created(replace(BRIDGED, sequencer=""), again=True),)


@pytest.mark.parametrize("removed", ["ObjectRemoved", "LifecycleExpiration"])
def test_a_deletion_that_names_a_version_may_be_of_an_old_one(removed: str) -> None:
    """Only the bucket knows what is left; a delete marker always hides the object."""
    events = [notification(f"{removed}:{name}", "a.txt") for name in ("Delete", "DeleteMarkerCreated")]
    for event in events:
        event["Records"][0]["s3"]["object"]["versionId"] = "v1"

    told = [object_events(event)[0] for event in events]

    assert [isinstance(event, Removed) and event.only_a_version for event in told] == [True, False]


def test_a_body_nested_without_end_says_nothing() -> None:
    """Else it would take the other messages of its batch along."""
    body = "[" * 100_000

    assert queue_messages(batch(body)) == [QueueMessage("1", (), body, "handle-1", 1)]


def test_sequencers_are_compared_as_if_padded() -> None:
    """S3 pads the shorter one with zeros on the right."""
    assert sequence("0055aed6") == sequence("0055AED600")
    assert sequence("0055AED6") < sequence("0055AED601") < sequence("0055AED7")


def test_a_batch_holds_what_its_messages_say() -> None:
    """Each message keeps its id, and one that is not JSON says nothing."""
    body = json.dumps(notification("ObjectCreated:Put", "a.txt", b"x"))
    created: ObjectEvent = Created(ObjectRef("documents", "a.txt", etag(b"x"), 1, "0055AED6DCD90281E5"))

    assert queue_messages(batch(body, TEST_EVENT, "{", "null")) == [
        QueueMessage("1", (created,), body, "handle-1", 1),
        QueueMessage("2", (), json.dumps(TEST_EVENT), "handle-2", 1),
        QueueMessage("3", (), "{", "handle-3", 1),
        QueueMessage("4", (), "null", "handle-4", 1),
    ]
