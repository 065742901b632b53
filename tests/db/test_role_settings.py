"""The settings on the functions' role: set where the owner may, and named as statements where not."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from local.postgres import Postgres
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.role_settings import hand_on
from sluice.domain import uuid7
from tests.conftest import DIMENSION, EMBEDDING_MODEL

OWNER, USER = "lesser-owner", "functions-of-others"
NAMES = ["hnsw.ef_search", "hnsw.iterative_scan", "statement_timeout"]


@pytest.fixture
def server(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database as the server's administrator, who has made two ordinary roles in it."""
    name = f"roles_{uuid7().hex}"
    url = postgres.create_database(name)
    with psycopg.connect(url, autocommit=True) as connection:
        for role in (OWNER, USER):
            connection.execute(f"create role \"{role}\" login password 'secret'".encode())
        connection.execute(f'create extension vector; alter database "{name}" owner to "{OWNER}"'.encode())
        connection.execute(f'grant create on schema public to "{OWNER}"'.encode())
    yield url
    postgres.drop_database(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f'drop role "{OWNER}", "{USER}"'.encode())


@pytest.fixture
def owners(server: str) -> str:
    """The URL of the migrated database as its owner, who administers nothing else."""
    url = make_conninfo(server, user=OWNER, password="secret")
    migrate(url, model=EMBEDDING_MODEL, dimension=DIMENSION)
    return url


def settings(url: str, *names: str) -> list[str]:
    """Return what a new session of the role has."""
    with psycopg.connect(url) as connection:
        connection.execute("select '[0]'::vector")
        return [str(connection.execute("select current_setting(%s)", [name]).fetchone()) for name in names]


def test_an_owner_that_the_functions_are_too_has_them_from_its_migrations(owners: str) -> None:
    """An ordinary owner may set them on itself, and what was asked for about idle sessions too."""
    assert hand_on(owners, OWNER, idle_session_seconds=None) == []
    assert hand_on(owners, OWNER, idle_session_seconds=60) == []

    assert settings(owners, *NAMES, "idle_session_timeout") == [
        "('150',)",
        "('relaxed_order',)",
        "('15s',)",
        "('1min',)",
    ]


def test_what_an_owner_may_not_do_to_another_role_is_told_as_statements(owners: str, server: str) -> None:
    """Once an administrator has run them, that role has the owner's settings, and nothing is left."""
    left = hand_on(owners, USER, idle_session_seconds=60)

    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute("select '[0]'::vector")
        for statement in left:
            administrator.execute(statement.encode())
    as_user = make_conninfo(server, user=USER, password="secret")
    assert settings(as_user, *NAMES, "idle_session_timeout") == [*settings(owners, *NAMES), "('1min',)"]
    assert hand_on(owners, USER, idle_session_seconds=60) == []


def test_a_role_that_only_a_pooler_knows_is_told_too(owners: str) -> None:
    """It may stand for one that the server knows by another name."""
    left = hand_on(owners, "of-the-pooler", idle_session_seconds=None)

    assert [it.partition(" set ")[0].partition(" in ")[0] for it in left] == ['alter role "of-the-pooler"'] * len(left)
    assert len(left) >= len(NAMES)
