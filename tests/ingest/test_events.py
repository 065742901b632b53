"""What the bucket's events say, and that everything else says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from functions.ingest.events import Created, ObjectEvent, QueueMessage, Removed, object_events, queue_messages
from sluice.domain import ObjectRef
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
        ("LifecycleExpiration:Delete", Removed),
    ],
)
def test_an_event_is_a_creation_or_a_removal(name: str, expected: type[Created | Removed]) -> None:
    """Every way to make or lose an object is one of the two."""
    assert object_events(notification(name, "a.txt", b"xyz")) == (
        expected(ObjectRef("documents", "a.txt", "etag-of-3", 3)),
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
    event = notification("ObjectRemoved:Delete", "a.txt")
    del event["Records"][0]["s3"]["object"]["eTag"], event["Records"][0]["s3"]["object"]["size"]

    assert object_events(event) == (Removed(ObjectRef("documents", "a.txt")),)


@pytest.mark.parametrize(
    "event",
    [
        TEST_EVENT,
        {"Records": [{"eventSource": "aws:sns", "Sns": {}}]},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"Records": "none"},
        {"hello": "world"},
        [],
        None,
        notification("ObjectTagging:Put", "a.txt"),
        notification("ObjectCreated:Put", "folder/"),
    ],
)
def test_what_is_not_ours_says_nothing(event: Any) -> None:
    """A foreign or test event is no error."""
    assert (object_events(event), queue_messages(event)) == ((), None)


def test_a_batch_holds_what_its_messages_say() -> None:
    """Each message keeps its id, and one that is not JSON says nothing."""
    created: ObjectEvent = Created(ObjectRef("documents", "a.txt", "etag-of-1", 1))

    assert queue_messages(batch(notification("ObjectCreated:Put", "a.txt", b"x"), TEST_EVENT, "{", "null")) == [
        QueueMessage("1", (created,)),
        QueueMessage("2", ()),
        QueueMessage("3", ()),
        QueueMessage("4", ()),
    ]
