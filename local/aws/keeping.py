"""Keeps a moto server's objects and messages in a folder, because moto itself forgets everything when it ends.

`objects/<hash of the key>` holds an object's bytes and `.json` beside it what else S3 knows of it; `messages/` holds a
file for each message that nobody has deleted yet, so that what was dropped into the bucket shortly before the end is
still ingested after the next start.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.s3.models import FakeKey, s3_backends
from moto.sqs.models import Message, sqs_backends

SETTLE_SECONDS = 0.2
Name = tuple[str, str]
"""A bucket and a key, or a queue and a message's id."""


class Keeper:
    """Makes the folder equal to what the buckets and queues hold."""

    def __init__(self, folder: Path, region: str, account: str) -> None:
        self._objects = folder / "objects"
        self._messages = folder / "messages"
        self._messages_of_old = folder / "messages.json"
        self._s3 = s3_backends[account]["aws"]
        self._sqs = sqs_backends[account][region]
        self._kept: dict[Name, str] = {}
        self._kept_messages: set[Name] = set()
        self._changed = threading.Event()
        self._saving = threading.Lock()
        self._turns = itertools.count(1)
        self._saved_turn = 0

    def restore(self, warn: Callable[[str], None]) -> None:
        """Put everything back without telling anybody: objects cause no events, messages wait in their queues.

        Warns of what a power cut has damaged, and leaves it out.
        """
        for folder, restore in ((self._objects, self._restore_object), (self._messages, self._restore_message)):
            folder.mkdir(parents=True, exist_ok=True)
            for kept in folder.glob("*.json"):
                try:
                    restore(kept)
                except (OSError, ValueError, KeyError) as error:
                    warn(f"{kept} is damaged and left out: {error}")
        self._restore_messages_of_old()

    def touch(self) -> None:
        """Say that something may have changed that is worth keeping, but that nobody waits for."""
        self._changed.set()

    def run(self, warn: Callable[[str], None]) -> None:
        """Save after each change, for ever; many changes at once are saved once."""
        while self._changed.wait():
            threading.Event().wait(SETTLE_SECONDS)
            self._changed.clear()
            try:
                self.save()
            except OSError as error:
                warn(f"What S3 and SQS hold can't be kept: {error.strerror}.")

    def save(self) -> None:
        """Write what has changed since the last time; raise `OSError` when that can't be done.

        Of those who wait for each other here, the next one saves for all.
        """
        turn = next(self._turns)
        with self._saving:
            if turn < self._saved_turn:
                return
            until = next(self._turns)
            self._save()
            self._saved_turn = until

    def _save(self) -> None:
        """An event may come without its object, which is found out; an object without its event would lie there."""
        waiting = self._waiting_messages()
        for name in waiting.keys() - self._kept_messages:
            self._save_message(name, waiting[name])
        self._save_objects()
        for name in self._kept_messages - waiting.keys():
            self._message_file(name).unlink(missing_ok=True)
            self._kept_messages.discard(name)
        self._messages_of_old.unlink(missing_ok=True)

    def _save_objects(self) -> None:
        present = self._current_objects()
        for name in self._kept.keys() - present.keys():
            self._forget_object(name)
        for name, key in present.items():
            if self._kept.get(name) != _version(key):
                self._save_object(name, key)

    def _current_objects(self) -> dict[Name, FakeKey]:
        return {
            (bucket.name, key.name): key
            for bucket in list(self._s3.buckets.values())
            for key in list(bucket.keys.values())
            if isinstance(key, FakeKey)
        }

    def _waiting_messages(self) -> dict[Name, Message]:
        queues = list(self._sqs.queues.items())
        return {(name, message.id): message for name, queue in queues for message in list(queue._messages)}

    def _message_file(self, name: Name) -> Path:
        return self._messages / f"{'.'.join(name)}.json"

    def _save_message(self, name: Name, message: Message) -> None:
        described = {"queue": name[0], "id": name[1], "body": message.body, "attributes": message.message_attributes}
        _write(self._message_file(name), json.dumps(described).encode())
        self._kept_messages.add(name)

    def _restore_message(self, kept: Path) -> None:
        known: dict[str, Any] = json.loads(kept.read_text())
        if known["queue"] not in self._sqs.queues:
            return
        message = self._sqs.send_message(known["queue"], known["body"], message_attributes=known["attributes"])
        message.id = known["id"]
        self._kept_messages.add((known["queue"], known["id"]))

    def _restore_messages_of_old(self) -> None:
        """Take over what a version has kept that wrote one file for all messages."""
        if self._messages_of_old.exists():
            for queue, bodies in json.loads(self._messages_of_old.read_text()).items():
                for body in bodies if queue in self._sqs.queues else ():
                    self._sqs.send_message(queue, body)

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
        key = self._s3.put_object(*name, body, etag=_etag(known["etag"], body), disable_notification=True)
        key.set_metadata(known["metadata"])
        self._kept[name] = _version(key)


def _etag(kept: str, body: bytes) -> str:
    """Return the object's etag, also where the end came between its bytes and what is kept beside them."""
    of_parts = "-" in kept
    return kept if of_parts else hashlib.md5(body, usedforsecurity=False).hexdigest()


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
