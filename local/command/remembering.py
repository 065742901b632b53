"""Remembers, for each address, the conversation that was asked last."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from local.command.outcome import Mistake

LAST = "last"


def remember(url: str, conversation: str) -> None:
    """Keep a conversation as the last one of an address; where nothing can be written, nothing is kept."""
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps({**_kept(), url: conversation}))


def resolve(url: str, given: str) -> str:
    """Return the id of the conversation that the user named by its id or by `last`; raise `Mistake`."""
    if given == LAST:
        if (kept := _kept().get(url)) is None:
            raise Mistake(f"No question was asked at {url} yet. `sluice conversations list` shows what there is.")
        return kept
    try:
        return str(UUID(given))
    except ValueError as error:
        raise Mistake(f"{given} is no conversation: give its id (sluice conversations list) or `{LAST}`.") from error


def _file() -> Path:
    """https://specifications.freedesktop.org/basedir/latest/"""
    states = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(states) / "sluice" / "conversations.json"


def _kept() -> dict[str, str]:
    try:
        kept = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
