"""Makes API keys, and remembers the one that the laptop makes for itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from local.addresses import DATA
from sluice import access
from sluice.access import ApiKey, KeyStore
from sluice.domain import Scope

if TYPE_CHECKING:
    from sluice.settings import Settings

FILE = "api-key"


async def issue(keys: KeyStore, wanted: ApiKey, pepper: str) -> str:
    """Keep a new key and return its text; without a user it is a user of its own."""
    key, text = access.issue(wanted, pepper)
    await keys.add(key if key.user else access.owning_itself(key))
    return text


async def make_for_laptop(settings: Settings, file: Path) -> None:
    """Make a key that may do everything and write it into the file, unless that holds one which works."""
    from sluice import bootstrap

    kept = _read(file)
    keys = bootstrap.keys()
    key_id = access.key_id(kept)
    known = await keys.find(key_id) if key_id else None
    if known and not known.revoked_at and known.digest == access.digest(kept, settings.key_pepper):
        return
    wanted = ApiKey("", "default", "", "laptop", b"", frozenset({Scope.ADMIN}))
    _write(file, await issue(keys, wanted, settings.key_pepper))


def remembered(users: Mapping[str, str], folder: Path = DATA) -> str | None:
    """Return the key that commands send: SLUICE_API_KEY, or the laptop's own."""
    return users.get("SLUICE_API_KEY") or _read(folder / FILE) or None


def _read(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text + "\n")
