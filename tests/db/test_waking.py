"""What the pool says of a database that is not there yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.sql import SQL

from local.postgres import Postgres, free_port
from sluice.adapters.postgres.database import Database
from sluice.errors import DatabaseRefused, DatabaseUnavailable, DatabaseWaking
from sluice.waking import Waking


@asynccontextmanager
async def pool(url: str, seconds: float, size: int = 1) -> AsyncIterator[Database]:
    database = Database(url, size=size, timeout=seconds)
    yield database
    await database.close()


@dataclass(frozen=True)
class Login:
    """A user of the server, and who may change him."""

    owner: psycopg.Connection[Any]
    url: str

    def change(self, options: LiteralString) -> None:
        self.owner.execute(SQL("alter role visitor {}").format(SQL(options)))

    async def seen(self, statement: str) -> None:
        """Wait until the user runs this."""
        running = "select from pg_stat_activity where query = %s"
        while not self.owner.execute(running, [statement]).fetchall():  # noqa: ASYNC110 - the server sends no event
            await asyncio.sleep(0.01)


async def test_a_database_that_refuses_connections_is_waking(postgres: Postgres) -> None:
    """As a cluster does that resumes: the client may be told to wait."""
    async with pool(postgres.url().replace(f":{postgres.port}/", f":{free_port()}/"), seconds=0.3) as database:
        with pytest.raises(DatabaseWaking):
            await database.fetch("select 1")


async def test_a_pool_whose_connections_are_all_in_use_is_not_waking(postgres: Postgres) -> None:
    """Nothing starts here; waiting longer is no cure."""
    async with pool(postgres.url(), seconds=0.3) as database:
        slow = asyncio.create_task(database.fetch("select pg_sleep(2)"))
        await asyncio.sleep(0)

        with pytest.raises(DatabaseUnavailable) as caught:
            await database.fetch("select 1")

        assert type(caught.value) is DatabaseUnavailable
        await slow


async def test_a_database_that_wakes_in_time_is_all_the_caller_sees(postgres: Postgres) -> None:
    """The pool tries again by itself, and so does who is patient."""
    port, relayed = free_port(), []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", postgres.port)
        relayed.append(asyncio.gather(_copy(reader, back), _copy(there, writer)))

    async with pool(postgres.url().replace(f":{postgres.port}/", f":{port}/"), seconds=0.3) as database:
        asking = asyncio.create_task(Waking(limit=20).wait(lambda: database.fetch("select 1 as one")))
        with pytest.raises(DatabaseWaking):
            await database.fetch("select 1")
        async with await asyncio.start_server(relay, "127.0.0.1", port):
            rows = await asking
            await database.close()
            await asyncio.gather(*relayed)

    assert rows == [{"one": 1}]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
    with suppress(ConnectionError):  # the pool may have hung up first
        await writer.wait_closed()


@pytest.mark.parametrize("wrong", ["postgresql://sluice:wrong@127.0.0.1:{port}/sluice", "{url}_that_is_not_there"])
async def test_a_database_that_refuses_the_login_is_not_called_waking(postgres: Postgres, wrong: str) -> None:
    """Nobody waits for a wrong password to become right: whoever asks is told at once, and told so every time."""
    async with pool(wrong.format(port=postgres.port, url=postgres.url()), seconds=600) as database:
        async with asyncio.timeout(30):
            for _ in range(3):
                together = [database.fetch("select 1"), database.fetch("select 2")]
                answers = await asyncio.gather(*together, return_exceptions=True)

                assert [type(it) for it in answers] == [DatabaseRefused] * 2


@pytest.fixture
def login(postgres: Postgres) -> Iterator[Login]:
    """A user of its own, who may log in when the test says so."""
    with psycopg.connect(postgres.url(), autocommit=True) as owner:
        owner.execute("create role visitor password 'visitor'")
        url = postgres.url()
        yield Login(owner, url.replace(url.partition("//")[2].partition("@")[0], "visitor:visitor"))
        owner.execute("drop role visitor")


async def test_a_login_that_was_mended_works_at_once(login: Login) -> None:
    """The pauses of earlier attempts are forgotten with them."""
    async with pool(login.url, seconds=600) as database:
        for _ in range(3):
            with pytest.raises(DatabaseRefused):
                await database.fetch("select 1")

        login.change("login")

        async with asyncio.timeout(30):
            assert await database.fetch("select 1 as one") == [{"one": 1}]


async def test_a_login_taken_away_leaves_the_connections_that_are_in_use(login: Login) -> None:
    """Whoever waits beside one gets it next; only who finds none is told."""
    login.change("login")
    async with pool(login.url, seconds=600, size=2) as database, asyncio.timeout(30):
        slow = asyncio.create_task(database.fetch("select pg_sleep(1)"))
        await login.seen("select pg_sleep(1)")
        login.change("nologin")

        rows = await database.fetch("select 1 as one")

        assert (rows, slow.done()) == ([{"one": 1}], True)


async def test_a_server_that_has_no_room_is_no_refusal(login: Login) -> None:
    """Room is made when others leave."""
    login.change("login connection limit 0")
    async with pool(login.url, seconds=0.3) as database:
        with pytest.raises(DatabaseUnavailable) as caught:
            await database.fetch("select 1")

    assert type(caught.value) is DatabaseUnavailable
