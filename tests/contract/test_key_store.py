"""What every key store does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice import access
from sluice.access import ApiKey, KeyStore
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.keys import PostgresKeys
from sluice.domain import Allowance, Scope
from sluice.errors import KeyNotFound
from sluice.testing.keys import InMemoryKeys


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "fake":
        return InMemoryKeys()
    database: Database = request.getfixturevalue("database")
    return PostgresKeys(database)


def new_key(name: str = "ci") -> ApiKey:
    allowance = Allowance(requests_per_minute=30, burst=5, dollars_per_day=1.5)
    key = ApiKey(
        id="",
        tenant="acme",
        user="ada",
        name=name,
        digest=b"",
        scopes=frozenset({Scope.ASK, Scope.INGEST}),
        allowance=allowance,
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    return access.issue(key, pepper="salt")[0]


async def test_a_key_is_found_as_it_was_added(store: KeyStore) -> None:
    """Nothing is lost on the way: scopes, limits, expiry, digest."""
    key = await store.add(new_key())

    found = await store.find(key.id)

    assert found is not None
    assert found == key


async def test_an_unknown_key_is_not_found(store: KeyStore) -> None:
    """That is no error of the store."""
    assert await store.find("AbCd1234") is None


async def test_a_revoked_key_is_found_as_revoked_and_stays_so(store: KeyStore) -> None:
    """Revoking it twice keeps the first time."""
    key = await store.add(new_key())

    await store.revoke(key.id)
    first = await store.find(key.id)
    await store.revoke(key.id)

    assert first is not None
    assert first.revoked_at is not None
    assert replace(first, revoked_at=None, last_used_at=None) == replace(key, last_used_at=None)


async def test_revoking_an_unknown_key_is_an_error(store: KeyStore) -> None:
    """A misspelt id must not look like a success."""
    with pytest.raises(KeyNotFound, match="AbCd1234"):
        await store.revoke("AbCd1234")


async def test_all_keys_are_listed_oldest_first(store: KeyStore) -> None:
    """Revoked ones stay in the list."""
    keys = [await store.add(new_key(name)) for name in ("first", "second", "third")]
    await store.revoke(keys[1].id)

    listed = [(key.name, key.revoked_at is None) for key in await store.all()]

    assert listed == [("first", True), ("second", False), ("third", True)]


async def test_the_use_of_a_key_is_noted(database: Database) -> None:
    """An operator sees which keys nobody needs any more."""
    store = PostgresKeys(database)
    key = await store.add(new_key())

    await store.find(key.id)
    used = await store.find(key.id)

    assert used is not None
    assert used.last_used_at is not None


async def test_the_text_of_a_key_is_kept_nowhere(database: Database) -> None:
    """Whoever reads the table can't use what stands in it."""
    key, text = access.issue(new_key(), pepper="")
    await PostgresKeys(database).add(key)

    [row] = await database.fetch("select k::text as row from api_key as k")

    assert text.rpartition("_")[2] not in row["row"]
