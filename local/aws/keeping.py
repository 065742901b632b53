"""Keeps a moto server's objects and messages in a folder, because moto itself forgets everything when it ends.

`objects/<hash of the key>` holds an object's bytes and `.json` beside it what else S3 knows of it; `messages.json`
holds the messages that nobody has deleted yet, so that what was dropped into the bucket shortly before the end is still
ingested after the next start.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from moto.s3.models import FakeKey, s3_backends
from moto.sqs.models import sqs_backends

SETTLE_SECONDS = 0.2
Name = tuple[str, str]
"""A bucket and a key."""


class Keeper:
    """Makes the folder equal to what the buckets and queues hold, soon after each change."""

    def __init__(self, folder: Path, region: str, account: str) -> None:
        self._objects = folder / "objects"
        self._messages = folder / "messages.json"
        self._s3 = s3_backends[account]["aws"]
        self._sqs = sqs_backends[account][region]
        self._kept: dict[Name, str] = {}
        self._kept_messages = ""
        self._changed = threading.Event()
        self._saving = threading.Lock()

    def restore(self) -> None:
        """Put everything back without telling anybody: objects cause no events, messages wait in their queues."""
        self._objects.mkdir(parents=True, exist_ok=True)
        for description in self._objects.glob("*.json"):
            self._restore_object(description)
        if self._messages.exists():
            for queue, bodies in json.loads(self._messages.read_text()).items():
                for body in bodies:
                    self._sqs.send_message(queue, body)

    def touch(self) -> None:
        """Say that something may have changed."""
        self._changed.set()

    def run(self) -> None:
        """Save after each change, for ever; many changes at once are saved once."""
        while self._changed.wait():
            threading.Event().wait(SETTLE_SECONDS)
            self.save()

    def save(self) -> None:
        """Write what has changed since the last time."""
        with self._saving:
            self._changed.clear()
            present = self._current_objects()
            for name in self._kept.keys() - present.keys():
                self._forget_object(name)
            for name, key in present.items():
                if self._kept.get(name) != _version(key):
                    self._save_object(name, key)
            self._save_messages()

    def _current_objects(self) -> dict[Name, FakeKey]:
        return {
            (bucket.name, key.name): key
            for bucket in list(self._s3.buckets.values())
            for key in list(bucket.keys.values())
            if isinstance(key, FakeKey)
        }

    def _waiting_messages(self) -> dict[str, list[str]]:
        return {name: [m.body for m in list(queue._messages)] for name, queue in list(self._sqs.queues.items())}

    def _save_messages(self) -> None:
        waiting = json.dumps(self._waiting_messages())
        if waiting != self._kept_messages:
            _write(self._messages, waiting.encode())
            self._kept_messages = waiting

    def _save_object(self, name: Name, key: FakeKey) -> None:
        described = {"bucket": name[0], "key": name[1], "etag": key.etag.strip('"'), "metadata": dict(key.metadata)}
        _write(self._objects / _stem(name), key.value)
        _write(self._objects / f"{_stem(name)}.json", json.dumps(described).encode())
        self._kept[name] = _version(key)

    def _forget_object(self, name: Name) -> None:
        (self._objects / f"{_stem(name)}.json").unlink(missing_ok=True)
        (self._objects / _stem(name)).unlink(missing_ok=True)
        del self._kept[name]

    def _restore_object(self, description: Path) -> None:
        known: dict[str, Any] = json.loads(description.read_text())
        name = known["bucket"], known["key"]
        body = description.with_suffix("").read_bytes()
        key = self._s3.put_object(*name, body, etag=known["etag"], disable_notification=True)
        key.set_metadata(known["metadata"])
        self._kept[name] = _version(key)


def _stem(name: Name) -> str:
    """Return a file name for any key: keys may be longer than a file name, or be another key's folder."""
    return hashlib.sha256("/".join(name).encode()).hexdigest()


def _version(key: FakeKey) -> str:
    return f"{key.etag} {key.last_modified}"


def _write(path: Path, content: bytes) -> None:
    """Write the file so that it is whole or not there at any moment."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    partial.replace(path)
