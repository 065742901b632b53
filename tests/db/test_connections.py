"""How the pool begins connections, and what it does when they die."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import certifi
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from local.postgres import Postgres, free_port
from sluice.adapters.postgres.credentials import by_iam, by_password, rds_token
from sluice.adapters.postgres.database import Database
from sluice.domain import uuid7
from sluice.errors import DatabaseUnavailable, InvalidInput
from tests.wire.tap import WireTap

PROXY = "postgresql://sluice@sluice.proxy-abc.eu-west-1.rds.amazonaws.com/sluice?sslmode=verify-full"


@pytest.fixture
async def cut(postgres: Postgres) -> AsyncIterator[tuple[Database, WireTap]]:
    """A database whose connections can be cut on the way."""
    with WireTap(postgres.port) as tap:
        database = Database(postgres.url().replace(f":{postgres.port}/", f":{tap.port}/"), size=2, timeout=5)
        yield database, tap
        await database.close()


async def test_a_connection_that_died_while_idle_is_replaced_without_an_error(cut: tuple[Database, WireTap]) -> None:
    """As after a freeze, or when the proxy closed an idle client."""
    database, tap = cut
    [before] = await database.fetch("select pg_backend_pid() as pid")

    tap.cut()

    [after] = await database.fetch("select pg_backend_pid() as pid")
    assert after["pid"] != before["pid"]


async def test_a_session_that_the_server_ended_is_replaced_without_an_error(
    cut: tuple[Database, WireTap], postgres: Postgres
) -> None:
    """As in a failover."""
    database, _ = cut
    [before] = await database.fetch("select pg_backend_pid() as pid")

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as administrator:
        administrator.execute("select pg_terminate_backend(%s, 5000)", [before["pid"]])

    [after] = await database.fetch("select pg_backend_pid() as pid")
    assert after["pid"] != before["pid"]


async def test_a_transaction_that_lost_its_connection_is_run_once_more(
    cut: tuple[Database, WireTap], postgres: Postgres
) -> None:
    """The work is done from its beginning, on another connection."""
    database, tap = cut
    tries: list[int] = []

    async def work(connection: psycopg.AsyncConnection[dict[str, int]]) -> int:
        cursor = await connection.execute("select pg_backend_pid() as pid")
        row = await cursor.fetchone()
        assert row is not None
        tries.append(row["pid"])
        if len(tries) == 1:
            tap.cut()
        await connection.execute("select 1")
        return row["pid"]

    result = await database.transact(work)

    assert (len(tries), result) == (2, tries[1])


async def test_transactions_are_sent_in_one_round_trip(cut: tuple[Database, WireTap]) -> None:
    """Each is one of its own, and the rows of every statement come back; those of none are no rows."""
    database, _ = cut
    number = "select pg_current_xact_id()::text as id"

    first, nothing, second, other = await database.send(
        [(number, {}), ("do $$ begin end $$", {}), (number, {})], [(number, {})]
    )

    assert (first, nothing) == (second, [])
    assert first != other


async def test_what_is_sent_is_done_or_undone_by_transactions(database: Database) -> None:
    """The one that fails leaves nothing behind, and what came before it stays."""
    put = "insert into api_key (id, tenant, owner, name, digest, scopes) values (%(id)s, '', '', '', '', '{}')"

    with pytest.raises(InvalidInput):
        await database.send([(put, {"id": "a"})], [(put, {"id": "b"}), ("select %(text)s::integer", {"text": "x"})])

    assert await database.fetch("select id from api_key") == [{"id": "a"}]


async def test_what_is_sent_is_repeated_over_another_connection(cut: tuple[Database, WireTap]) -> None:
    """As is any statement whose connection had died."""
    database, tap = cut
    await database.connect(2)

    tap.cut()

    assert await database.send([("select 1 as one", {})], [("select 2 as two", {})]) == [[{"one": 1}], [{"two": 2}]]


async def test_connections_that_all_died_are_replaced_without_an_error(cut: tuple[Database, WireTap]) -> None:
    """A freeze takes the idle ones too."""
    database, tap = cut
    await database.connect(2)

    tap.cut()

    assert await database.fetch("select 1 as one") == [{"one": 1}]


@pytest.mark.parametrize(("asked", "opened"), [(2, 2), (9, 2)])
async def test_connections_can_be_opened_ahead(postgres: Postgres, asked: int, opened: int) -> None:
    """As many as asked for, but never more than the pool may hold."""
    name = f"test_{uuid7().hex}"
    database = Database(postgres.create_database(name), size=2, timeout=5)
    try:
        await database.connect(asked)
        await database.connect(asked)

        count = "select count(*) as found from pg_stat_activity where datname = current_database()"
        assert await database.fetch(count) == [{"found": opened}]
    finally:
        await database.close()
        postgres.drop_database(name)


async def test_connecting_ahead_to_a_database_that_is_not_there_is_unavailable() -> None:
    """Within the pool's patience, and without harm for a later attempt."""
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", size=2, timeout=0.3)
    try:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                await database.connect(2)
    finally:
        await database.close()


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    """Our own error, which may pass, and no stack of the driver."""
    database = Database(f"postgresql://sluice@127.0.0.1:{free_port()}/sluice", size=1, timeout=1)

    with pytest.raises(DatabaseUnavailable):
        await database.fetch("select 1")
    await database.close()


async def test_every_connection_gets_a_token_of_its_own(postgres: Postgres) -> None:
    """A token is good for 15 minutes; a pool lives longer."""
    asked: list[tuple[str, int, str]] = []

    def token(host: str, port: int, user: str) -> str:
        asked.append((host, port, user))
        return postgres.password()

    url = f"postgresql://sluice@127.0.0.1:{postgres.port}/postgres"
    with WireTap(postgres.port) as tap:
        database = Database(by_iam(url.replace(f":{postgres.port}/", f":{tap.port}/"), token), size=1, timeout=5)
        await database.fetch("select 1")
        await database.fetch("select 1")
        tap.cut()
        await database.fetch("select 1")
        await database.close()

    assert asked == [("127.0.0.1", tap.port, "sluice")] * 2


def test_a_token_is_signed_for_the_host_the_port_and_the_user() -> None:
    """Signed here, without a call to AWS."""
    token = urlsplit("https://" + rds_token("proxy.example", 5432, "sluice"))

    query = parse_qs(token.query)
    assert (token.netloc, query["DBUser"], query["Action"], query["X-Amz-Expires"]) == (
        "proxy.example:5432",
        ["sluice"],
        ["connect"],
        ["900"],
    )


async def test_verify_full_trusts_the_roots_of_an_rds_proxy() -> None:
    """And keeps the file that an operator names."""
    given = await by_password(PROXY)()
    own = await by_password(PROXY + "&sslrootcert=/etc/rds.pem")()

    assert (conninfo_to_dict(given)["sslrootcert"], conninfo_to_dict(own)["sslrootcert"]) == (
        certifi.where(),
        "/etc/rds.pem",
    )
