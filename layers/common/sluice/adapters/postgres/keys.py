"""API keys on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from sluice import sql
from sluice.access import ApiKey
from sluice.adapters.postgres.database import Database
from sluice.domain import Allowance, Scope
from sluice.errors import KeyNotFound


class PostgresKeys:
    """The `KeyStore` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> ApiKey:
        """Keep a new key and return it with its time of creation."""
        [row] = await self._database.fetch(
            sql.query("keys", "add_key"),
            {
                "id": key.id,
                "tenant": key.tenant,
                "owner": key.user,
                "name": key.name,
                "digest": key.digest,
                "scopes": sorted(key.scopes),
                "allowance": Jsonb(key.allowance.limits()),
                "expires_at": key.expires_at,
            },
        )
        return replace(key, created_at=row["created_at"])

    async def find(self, key_id: str) -> ApiKey | None:
        """Return the key, revoked and expired ones too, in one indexed lookup."""
        rows = await self._database.fetch(sql.query("keys", "find_key"), {"id": key_id})
        return _key(rows[0]) if rows else None

    async def all(self) -> list[ApiKey]:
        """Return all keys, oldest first."""
        return [_key(row) for row in await self._database.fetch(sql.query("keys", "list_keys"))]

    async def revoke(self, key_id: str) -> None:
        """End the key's life; raise `KeyNotFound`."""
        if not await self._database.fetch(sql.query("keys", "revoke_key"), {"id": key_id}):
            raise KeyNotFound(f"There is no key with the id {key_id}.")


def _key(row: DictRow) -> ApiKey:
    kept = {name: value for name, value in row.items() if name not in ("owner", "scopes", "allowance")}
    return ApiKey(
        **kept,
        user=row["owner"],
        scopes=frozenset(Scope(name) for name in row["scopes"]),
        allowance=Allowance.of(row["allowance"]),
    )
