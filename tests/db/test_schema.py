"""What the functions' database says of schemas that are not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sluice.adapters.postgres import schema
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrations
from sluice.errors import SchemaNewer, SchemaOutdated

LAST = migrations()[-1].name


@pytest.fixture
async def gated(database_url: str) -> AsyncIterator[Database]:
    """The database as the functions open it."""
    database = Database(database_url, size=2, timeout=5, gate=schema.check)
    yield database
    await database.close()


async def test_the_schema_of_this_code_is_let_through(gated: Database) -> None:
    """And asked for once."""
    assert await gated.fetch("select 1 as one") == [{"one": 1}]


async def test_a_schema_that_lacks_a_migration_is_outdated(gated: Database, database: Database) -> None:
    """Whatever is asked; it is told by the name of what is missing."""
    await database.fetch("delete from schema_migration where name = %(name)s", {"name": LAST})

    with pytest.raises(SchemaOutdated, match=f"It lacks {LAST}"):
        await gated.fetch("select 1 as one")


async def test_a_database_without_a_schema_is_outdated(gated: Database, database: Database) -> None:
    """Nobody has migrated it yet."""
    await database.fetch("drop table schema_migration")

    with pytest.raises(SchemaOutdated):
        await gated.fetch("select 1 as one")


async def test_a_schema_that_is_brought_up_to_date_is_let_through(gated: Database, database: Database) -> None:
    """Without starting the function again."""
    await database.fetch("update schema_migration set name = 'x' where name = %(name)s", {"name": LAST})
    with pytest.raises(SchemaOutdated):
        await gated.fetch("select 1 as one")

    await database.fetch("update schema_migration set name = %(name)s where name = 'x'", {"name": LAST})

    assert await gated.fetch("select 1 as one") == [{"one": 1}]


async def test_an_older_function_works_on_a_newer_schema(gated: Database, database: Database) -> None:
    """Migrations add; while a deployment is under way both versions run."""
    await database.fetch("insert into schema_migration (name, checksum) values ('9999_new.sql', '')")

    assert await gated.fetch("select 1 as one") == [{"one": 1}]


async def test_a_function_that_is_too_old_is_told(gated: Database, database: Database) -> None:
    """A migration that takes something away says so in its name."""
    await database.fetch("insert into schema_migration (name, checksum) values ('9999_contract_x.sql', '')")

    with pytest.raises(SchemaNewer):
        await gated.fetch("select 1 as one")


@pytest.mark.parametrize("statement", ["select * from missing", "select missing from chunk", "select missing(1)"])
async def test_what_is_not_there_is_an_outdated_schema(database: Database, statement: str) -> None:
    """Should it have changed while the function ran."""
    with pytest.raises(SchemaOutdated):
        await database.fetch(statement)
