"""Migrations that build indexes beside readers and writers, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres import indexes as index_builds
from sluice.adapters.postgres.indexes import NotRepeatable
from sluice.adapters.postgres.migrations import MigrationFailed, migrate
from sluice.domain import uuid7

TABLES = """
create table embedding_space (single boolean primary key default true, model text, dimension int);
create table thing (id int);
"""
TWO_ROWS = "insert into thing values (1), (1);"
INDEX = "-- no-transaction\n-- Things are looked up.\ncreate index concurrently thing_by_id on thing (id);\n"


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without any schema."""
    name = f"empty_{uuid7().hex}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations: a table, and an index on it."""
    (tmp_path / "0001_tables.sql").write_text(TABLES)
    (tmp_path / "0002_index.sql").write_text(INDEX)
    return tmp_path


def run(url: str, folder: Path) -> list[str]:
    return migrate(url, model="m", dimension=8, folder=folder)


def indexes(url: str) -> list[tuple[str, bool]]:
    """Return the indexes of the table, each with whether it can be used."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select indexrelid::regclass::text, indisvalid from pg_index where indrelid = 'thing'::regclass"
        ).fetchall()


def break_off(url: str) -> None:
    """Leave an invalid index behind, as a build does that finds two rows with one key."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into thing values (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("create unique index concurrently thing_by_id on thing (id)")


def test_an_index_is_built_concurrently(database_url: str, folder: Path) -> None:
    """PostgreSQL refuses that within a transaction."""
    assert run(database_url, folder) == ["0001_tables.sql", "0002_index.sql"]
    assert run(database_url, folder) == []
    assert indexes(database_url) == [("thing_by_id", True)]


def test_four_runners_at_once_build_an_index_once(database_url: str, folder: Path) -> None:
    """A build waits for everybody's snapshot, so that no runner may wait for it within a statement."""
    with ThreadPoolExecutor(4) as runners:
        done = [runners.submit(run, database_url, folder) for _ in range(4)]

    assert sorted(name for each in done for name in each.result(60)) == ["0001_tables.sql", "0002_index.sql"]
    assert indexes(database_url) == [("thing_by_id", True)]


def test_an_invalid_index_is_built_again(database_url: str, folder: Path) -> None:
    """It is what a build leaves that broke off."""
    (folder / "0002_index.sql").rename(folder / "later")
    run(database_url, folder)
    break_off(database_url)
    (folder / "later").rename(folder / "0002_index.sql")
    left_over = indexes(database_url)

    assert run(database_url, folder) == ["0002_index.sql"]
    assert (left_over, indexes(database_url)) == ([("thing_by_id", False)], [("thing_by_id", True)])


def test_an_index_that_was_built_and_not_noted_is_kept(database_url: str, folder: Path) -> None:
    """The runner may die between the two."""
    run(database_url, folder)
    with psycopg.connect(database_url, autocommit=True) as connection:
        [before] = connection.execute("select 'thing_by_id'::regclass::oid").fetchall()
        connection.execute("delete from schema_migration where name = '0002_index.sql'")

    assert run(database_url, folder) == ["0002_index.sql"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select 'thing_by_id'::regclass::oid").fetchall() == [before]


def test_a_build_that_outlives_its_runner_is_waited_for(database_url: str) -> None:
    """It would be dropped at its very end, and begun again, for ever."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table thing (id int)")
        connection.execute("insert into thing values (1)")
        connection.execute(
            "create function slow(int) returns int immutable language sql as 'select $1 from pg_sleep(1)'"
        )
        with ThreadPoolExecutor(2) as runners:
            statement: LiteralString = "create index concurrently thing_by_id on thing (slow(id))"
            first = runners.submit(index_builds.run, database_url, [statement])
            begun = "select oid from pg_class where relname = 'thing_by_id'"
            while not (under_way := connection.execute(begun).fetchall()):
                pass
            runners.submit(index_builds.run, database_url, [statement]).result(60)
            first.result(60)
        built = connection.execute(begun).fetchall()

    assert (built, indexes(database_url)) == (under_way, [("thing_by_id", True)])


def test_a_build_that_fails_is_not_noted(database_url: str, folder: Path) -> None:
    """Once its cause is mended the next run builds it."""
    (folder / "0001_tables.sql").write_text(TABLES + TWO_ROWS)
    (folder / "0002_index.sql").write_text(INDEX.replace("create index", "create unique index"))
    with pytest.raises(MigrationFailed, match=r"0002_index\.sql failed.* could not create unique index"):
        run(database_url, folder)

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("truncate thing")

    assert run(database_url, folder) == ["0002_index.sql"]
    assert indexes(database_url) == [("thing_by_id", True)]


@pytest.mark.parametrize("statement", ["update thing set id = 2", "drop index concurrently thing_by_id"])
def test_what_can_not_be_repeated_is_refused(database_url: str, folder: Path, statement: str) -> None:
    """Without a transaction a run may end anywhere, and the next one must be able to begin again."""
    (folder / "0002_index.sql").write_text(f"-- no-transaction\n{statement};\n")

    with pytest.raises(NotRepeatable):
        run(database_url, folder)


def test_a_long_build_is_not_timed_out(database_url: str, folder: Path) -> None:
    """The role's limits are for questions."""
    slow = "create function slow(int) returns int immutable language sql as 'select $1 from pg_sleep(0.3)';"
    role = f"alter role sluice in database {database_url.rpartition('/')[2]} set"
    limits = f"{role} statement_timeout = 100; {role} idle_in_transaction_session_timeout = 100;"
    (folder / "0001_tables.sql").write_text(TABLES + slow + TWO_ROWS + limits)
    (folder / "0002_index.sql").write_text(INDEX.replace("(id)", "(slow(id))"))
    index = (folder / "0002_index.sql").rename(folder / "0002_index.later")
    run(database_url, folder)
    index.rename(folder / "0002_index.sql")

    with psycopg.connect(database_url) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("100ms",)
    assert run(database_url, folder) == ["0002_index.sql"]
