"""What an event of the bucket says: JSON in, typed records out; pure.

Format: Amazon S3 User Guide, "Event message structure".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sluice.domain import ObjectRef


@dataclass(frozen=True, slots=True)
class Created:
    """The object has these bytes now."""

    ref: ObjectRef


@dataclass(frozen=True, slots=True)
class Removed:
    """The object is gone, or hidden by a delete marker."""

    ref: ObjectRef


ObjectEvent = Created | Removed

_CREATED = ("ObjectCreated:",)
_REMOVED = ("ObjectRemoved:", "LifecycleExpiration:")


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message of a batch and what its body says."""

    id: str
    events: tuple[ObjectEvent, ...]


def queue_messages(event: Any) -> list[QueueMessage] | None:
    """Return the messages of a queue's batch; None when this is no batch of a queue."""
    records = _records(event)
    if not records or any(record.get("eventSource") != "aws:sqs" for record in records):
        return None
    return [QueueMessage(str(record["messageId"]), object_events(_json(record.get("body")))) for record in records]


def object_events(event: Any) -> tuple[ObjectEvent, ...]:
    """Return what a notification of S3 says; nothing for a test event and for anything that is not ours."""
    read = (_object_event(record) for record in _records(event) if record.get("eventSource") == "aws:s3")
    return tuple(event for event in read if event)


def _object_event(record: Mapping[str, Any]) -> ObjectEvent | None:
    name = str(record.get("eventName", "")).removeprefix("s3:")
    try:
        item = record["s3"]["object"]
        ref = ObjectRef(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(item["key"]),
            etag=item.get("eTag", "").strip('"'),
            size=int(item.get("size", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if name.startswith(_REMOVED):
        return Removed(ref)
    # A folder made in the console is an empty object whose key ends with a slash.
    return Created(ref) if name.startswith(_CREATED) and not ref.key.endswith("/") else None


def _records(event: Any) -> list[Mapping[str, Any]]:
    records = event.get("Records") if isinstance(event, Mapping) else None
    return [record for record in records if isinstance(record, Mapping)] if isinstance(records, list) else []


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None
