"""A key store in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sluice.access import ApiKey
from sluice.errors import KeyNotFound, SluiceError


class InMemoryKeys:
    """The `KeyStore` in a dictionary; `lookups` counts the calls of `find`, `failure`, if set, is raised by them."""

    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}
        self.lookups = 0
        self.failure: SluiceError | None = None

    async def add(self, key: ApiKey) -> ApiKey:
        self.kept[key.id] = replace(key, created_at=datetime.now(UTC))
        return self.kept[key.id]

    async def find(self, key_id: str) -> ApiKey | None:
        self.lookups += 1
        if self.failure:
            raise self.failure
        return self.kept.get(key_id)

    async def all(self) -> list[ApiKey]:
        return list(self.kept.values())

    async def revoke(self, key_id: str) -> None:
        if key_id not in self.kept:
            raise KeyNotFound(f"There is no key with the id {key_id}.")
        self.kept[key_id] = replace(self.kept[key_id], revoked_at=datetime.now(UTC))
