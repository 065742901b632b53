"""The cursor of a page: where the next one begins, as text that a client only passes on."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from sluice.domain import Conversation
from sluice.errors import InvalidInput


def write(last: Conversation) -> str:
    """Return the cursor of what comes after `last`."""
    used = last.updated_at.isoformat() if last.updated_at else ""
    return base64.urlsafe_b64encode(f"{used} {last.id}".encode()).decode().rstrip("=")


def read(cursor: str) -> Conversation:
    """Return what `write` was given, as far as paging needs it; raise `InvalidInput`."""
    try:
        used, _, key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        return Conversation(UUID(key), "", updated_at=datetime.fromisoformat(used))
    except ValueError as error:
        raise InvalidInput("This cursor is not one that a page gave; begin without it.") from error
