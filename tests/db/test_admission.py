"""The functions' user in a database that another user owns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from local.postgres import Postgres
from sluice.adapters.postgres.admission import admit
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.role_settings import hand_on
from sluice.adapters.postgres.schema import check
from sluice.domain import uuid7
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.db.test_search import Library

USER = "functions' user"
PASSWORD = "open sesame"


@pytest.fixture
def owners(postgres: Postgres) -> Iterator[str]:
    """The URL of a migrated database, as its owner. Not a copy, which would lack the owner's settings."""
    name = f"owned_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model=EMBEDDING_MODEL, dimension=DIMENSION)
    yield url
    postgres.drop_database(name)


@pytest.fixture
def admitted(owners: str) -> str:
    """The URL for the user that was let in twice: as on a first deploy and on a second."""
    for _ in range(2):
        admit(owners, USER)
        assert hand_on(owners, USER, idle_session_seconds=60) == []
    with psycopg.connect(owners, autocommit=True) as connection:
        statement = sql.SQL("alter role {} password {}").format(sql.Identifier(USER), sql.Literal(PASSWORD))
        connection.execute(statement)
    return make_conninfo(owners, user=USER, password=PASSWORD)


@pytest.fixture
async def library(admitted: str) -> AsyncIterator[Library]:
    database = Database(admitted, size=2, timeout=5, gate=check)
    yield Library(database)
    await database.close()


async def test_an_admitted_user_can_ingest_and_search(library: Library) -> None:
    """The triggers that count words run with its rights too."""
    await library.add("a.txt", "Blue whales eat krill.")

    assert await library.find("whales") == ["Blue whales eat krill."]


def test_an_admitted_user_has_the_settings_of_the_migrations(admitted: str) -> None:
    """They live on the role, since a SET would pin a session of an RDS Proxy."""
    names = ["hnsw.ef_search", "hnsw.iterative_scan", "statement_timeout", "idle_session_timeout"]

    with psycopg.connect(admitted) as connection:
        connection.execute("select '[0]'::vector")
        values = [connection.execute("select current_setting(%s)", [name]).fetchone() for name in names]

    assert values == [("150",), ("relaxed_order",), ("15s",), ("1min",)]


@pytest.mark.parametrize("statement", ["drop table message", "create table mine (id int)", "truncate chunk"])
def test_an_admitted_user_can_not_change_the_schema(admitted: str, statement: str) -> None:
    """What was stolen from a function reads and writes rows, and drops nothing."""
    with psycopg.connect(admitted) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_a_user_of_rds_logs_in_by_iam(owners: str) -> None:
    """Where RDS has its role for that, the user becomes a member."""
    with psycopg.connect(owners, autocommit=True) as connection:
        connection.execute("create role rds_iam")
        try:
            admit(owners, "by-token")
            is_member = connection.execute("select pg_has_role('by-token', 'rds_iam', 'member')").fetchone()
        finally:
            connection.execute("drop role rds_iam")

    assert is_member == (True,)
