"""A conversation as a tree: each message knows the one it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sluice.domain import Message


def path(messages: Sequence[Message], tip: UUID | None) -> list[Message]:
    """Return the messages from the root to `tip`, oldest first; from as far up as they are known."""
    return _upwards({message.id: message for message in messages}, tip)[::-1]


def branch(messages: Sequence[Message], root: UUID) -> list[Message]:
    """Return `root` and all that follow from it, oldest first; `messages` are in the order of their ids."""
    found: dict[UUID, Message] = {}
    for message in messages:
        if message.id == root or message.parent_id in found:
            found[message.id] = message
    return list(found.values())


def _upwards(by_id: Mapping[UUID, Message], tip: UUID | None) -> list[Message]:
    found = []
    while tip is not None and tip in by_id:
        found.append(by_id[tip])
        tip = by_id[tip].parent_id
    return found
