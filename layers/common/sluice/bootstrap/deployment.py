"""What a deploy does to the database, and an operator by the migrate function."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sluice.bootstrap.shared import conninfo, embedder_of, migrate, settings

if TYPE_CHECKING:
    from sluice.access import ApiKey
    from sluice.reembedding import Reembedding
    from sluice.settings import Settings


@dataclass(frozen=True, slots=True)
class Migrated:
    """The migrations that were applied, and the statements that only an administrator of the database may run."""

    applied: list[str]
    left: list[str]


async def migrate_as_owner() -> Migrated:
    """Migrate past the pooler, let the functions' user in where it is another one, and give it its settings."""
    from sluice.adapters.postgres import extension
    from sluice.adapters.postgres.admission import admit
    from sluice.adapters.postgres.role_settings import hand_on

    owner = _as_owner(settings())
    await asyncio.to_thread(extension.check, await conninfo(owner)())
    applied = await migrate(owner)
    if owner.database_user:
        await asyncio.to_thread(admit, await conninfo(owner)(), owner.database_user)
    user = owner.database_user or urlsplit(settings().database_url).username
    if user is None:
        return Migrated(applied, [])
    # Of a role that is not ours alone, only what was asked for is changed.
    idle = owner.idle_session_seconds if owner.database_user else owner.idle_session_seconds or None
    left = await asyncio.to_thread(hand_on, await conninfo(owner)(), unquote(user), idle_session_seconds=idle)
    return Migrated(applied, left)


async def create_key(wanted: ApiKey) -> str:
    """Keep a new API key and return its text, which is kept nowhere."""
    from sluice import access
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.keys import PostgresKeys

    owner = _as_owner(settings())
    database = Database(conninfo(owner), size=1, timeout=owner.database_waking_seconds)
    key, text = access.issue(wanted, owner.key_pepper)
    try:
        await PostgresKeys(database).add(key if key.user else access.owning_itself(key))
    finally:
        await database.close()
    return text


@asynccontextmanager
async def reembedding() -> AsyncIterator[Reembedding]:
    """Change the embedding model, past the pooler."""
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.embedding_change import PostgresEmbeddingChange
    from sluice.reembedding import Reembedding

    owner = _as_owner(settings())
    database = Database(conninfo(owner), size=1, timeout=owner.database_waking_seconds)
    try:
        change = PostgresEmbeddingChange(database, conninfo(owner))
        yield Reembedding(change, embedder_of, held_of=owner.held_of)
    finally:
        await database.close()


def _as_owner(settings: Settings) -> Settings:
    """Return the settings with which the database's owner goes straight to the database.

    A password in the owner's address is taken, even where the functions' user has none and logs in by token.
    """
    url = settings.migration_url or settings.database_url
    by_token = settings.database_iam and urlsplit(url).password is None
    return settings.model_copy(update={"database_url": url, "database_iam": by_token})
