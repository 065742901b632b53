"""The judge of statements, and the tap that feeds it."""

from __future__ import annotations

import psycopg
import pytest

from local.postgres import Postgres
from tests.wire.pinning import reasons
from tests.wire.tap import WireTap


@pytest.mark.parametrize(
    "statement",
    [
        "SET statement_timeout = 1",
        "begin; set local work_mem = '1MB'; commit",
        "select set_config('hnsw.ef_search', '100', true)",
        "prepare p as select 1",
        "deallocate all",
        "DISCARD ALL",
        "listen channel",
        "declare c cursor for select 1",
        "create temp table t (id int)",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1)",
        "select nextval('s')",
        "select '" + "x" * 16_384 + "'",
    ],
)
def test_what_pins_is_named(statement: str) -> None:
    """Each of these would keep a server connection for one client."""
    assert reasons(statement) != []


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_xact_lock(1)",
        "update document set status = 'ready'",
        "insert into t values ('set x = 1; discard all')",
        "select 1 -- set me",
        "begin",
        "commit",
    ],
)
def test_what_does_not_pin_is_let_through(statement: str) -> None:
    """Words in strings and comments are not statements."""
    assert reasons(statement) == []


def test_the_tap_hears_both_protocols_and_the_startup(postgres: Postgres) -> None:
    """A breach in any of them is found."""
    with WireTap(postgres.port) as tap:
        url = postgres.url("postgres").replace(f":{postgres.port}/", f":{tap.port}/")
        with psycopg.connect(url, autocommit=True, options="-c geqo=off") as connection:
            connection.execute("set geqo = on")
            connection.execute("select set_config('geqo', %s, false)", ["on"])
            connection.execute("select 1", prepare=True)

    assert [breach.partition(":")[0] for breach in tap.heard.breaches] == [
        "is refused at connect",
        "sets a session variable",
        "sets a session variable by function",
        "prepares by name (_pg3_0)",
    ]


# An exception in the tap's thread is an error here: warnings are.
def test_a_cancellation_breaches_nothing(postgres: Postgres) -> None:
    """It comes on a connection of its own, in the place of a startup, with bytes that are no text."""
    with WireTap(postgres.port) as tap:
        url = postgres.url("postgres").replace(f":{postgres.port}/", f":{tap.port}/")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.cancel_safe(timeout=5)
            connection.execute("select 1")

    assert (tap.heard.statements, tap.heard.breaches) == (1, [])
