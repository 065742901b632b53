"""What an event of the bucket says, by whichever way it came: JSON in, typed records out; pure.

Formats: Amazon S3 User Guide, "Event message structure" and "EventBridge event message structure"; Amazon SNS Developer
Guide, "Parsing message formats".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from sluice.domain import ObjectRef, sequence
from sluice.redriving import AGAIN


@dataclass(frozen=True, slots=True)
class Created:
    """The object has these bytes now. `again`: try them even if they have failed before."""

    ref: ObjectRef
    again: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """The object is gone, or hidden by a delete marker; with `only_a_version`, perhaps only an old version of it."""

    ref: ObjectRef
    only_a_version: bool = False


ObjectEvent = Created | Removed

_CREATED = ("ObjectCreated:",)
_RESTORED = ("ObjectRestore:Completed",)
_REMOVED = ("ObjectRemoved:", "LifecycleExpiration:")
_BRIDGED = {
    "Object Created": "ObjectCreated:",
    "Object Restore Completed": "ObjectRestore:Completed",
    "Object Deleted": "ObjectRemoved:",
}
# An SNS envelope in an SQS message holds a notification, and nothing that we take is nested deeper.
_MOST_ENVELOPES = 3


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message of a batch and what its body says; `tries` counts its deliveries, this one included."""

    id: str
    events: tuple[ObjectEvent, ...]
    body: str = ""
    receipt: str = ""
    tries: int = 1


def queue_messages(event: Any) -> list[QueueMessage] | None:
    """Return the messages of a queue's batch; None when this is no batch of a queue."""
    records = _records(event)
    if not records or any(record.get("eventSource") != "aws:sqs" for record in records):
        return None
    return [_message(record) for record in records]


def object_events(event: Any, *, again: bool = False) -> tuple[ObjectEvent, ...]:
    """Return what a notification says; nothing for a test event and for anything that is not ours."""
    return tuple(_object_events(event, again, _MOST_ENVELOPES))


def _message(record: Mapping[str, Any]) -> QueueMessage:
    attributes = record.get("attributes") or {}
    again = AGAIN in (record.get("messageAttributes") or {})
    return QueueMessage(
        id=str(record["messageId"]),
        events=object_events(_json(record.get("body")), again=again),
        body=str(record.get("body", "")),
        receipt=str(record.get("receiptHandle", "")),
        tries=int(attributes.get("ApproximateReceiveCount", 1)),
    )


def _object_events(event: Any, again: bool, envelopes: int) -> Iterator[ObjectEvent]:
    if not isinstance(event, Mapping) or not envelopes:
        return
    if event.get("source") == "aws.s3" and isinstance(event.get("detail"), Mapping):
        yield from _bridged(event, again)
    elif event.get("Type") == "Notification":
        yield from _object_events(_json(event.get("Message")), again, envelopes - 1)
    for record in _records(event):
        if record.get("EventSource") == "aws:sns" and isinstance(record.get("Sns"), Mapping):
            yield from _object_events(_json(record["Sns"].get("Message")), again, envelopes - 1)
        elif record.get("eventSource") == "aws:s3":
            yield from _notified(record, again)


def _notified(record: Mapping[str, Any], again: bool) -> Iterator[ObjectEvent]:
    """Read a record of S3's own notification: its keys are encoded as in a form."""
    name = str(record.get("eventName", "")).removeprefix("s3:")
    try:
        item, bucket = record["s3"]["object"], record["s3"]["bucket"]["name"]
        ref = _ref(bucket, unquote_plus(item["key"]), item, item.get("eTag"), record.get("eventTime"))
    except (KeyError, TypeError, ValueError, AttributeError):
        return
    # A deletion that names a version may be one of an old version, or of a marker that hid the object.
    only_a_version = bool(item.get("versionId")) and name.endswith(":Delete")
    yield from _event(name, ref, again, only_a_version)


def _bridged(event: Mapping[str, Any], again: bool) -> Iterator[ObjectEvent]:
    """Read an event of EventBridge: its keys are written plainly."""
    detail = event["detail"]
    try:
        item = detail["object"]
        ref = _ref(detail["bucket"]["name"], str(item["key"]), item, item.get("etag"), event.get("time"))
    except (KeyError, TypeError, ValueError, AttributeError):
        return
    only_a_version = bool(item.get("version-id")) and detail.get("deletion-type") == "Permanently Deleted"
    yield from _event(_BRIDGED.get(str(event.get("detail-type")), ""), ref, again, only_a_version)


def _event(name: str, ref: ObjectRef, again: bool, only_a_version: bool) -> Iterator[ObjectEvent]:
    if not ref.is_document:
        return
    if name.startswith(_REMOVED):
        yield Removed(ref, only_a_version)
    elif name.startswith(_CREATED + _RESTORED):
        yield Created(ref, again or name.startswith(_RESTORED))


def _ref(bucket: Any, key: str, item: Mapping[str, Any], etag: Any, time: Any) -> ObjectRef:
    return ObjectRef(
        bucket=str(bucket),
        key=key,
        etag=str(etag or "").strip('"'),
        size=int(item.get("size") or 0),
        sequencer=sequence(str(item.get("sequencer") or "")),
        written_at=_time(time),
    )


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else None


def _records(event: Any) -> list[Mapping[str, Any]]:
    records = event.get("Records") if isinstance(event, Mapping) else None
    return [record for record in records if isinstance(record, Mapping)] if isinstance(records, list) else []


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
