"""What the pool says of a database that is not there yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from local.postgres import Postgres, free_port
from sluice.adapters.postgres.database import Database
from sluice.errors import DatabaseRefused, DatabaseUnavailable, DatabaseWaking
from sluice.waking import Waking


@asynccontextmanager
async def pool(url: str, seconds: float) -> AsyncIterator[Database]:
    database = Database(url, size=1, timeout=seconds)
    yield database
    await database.close()


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
    """Nobody waits for a wrong password to become right."""
    url = wrong.format(port=postgres.port, url=postgres.url())
    database = Database(url, size=1, timeout=2)

    with pytest.raises(DatabaseRefused):
        await database.fetch("select 1")
    await database.close()
