"""The connection pool: the only door to PostgreSQL while requests are served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from sluice import background
from sluice.adapters.postgres import refusals, vectors
from sluice.adapters.postgres.credentials import Conninfo, by_password
from sluice.errors import DatabaseRefused, DatabaseUnavailable, DatabaseWaking, InvalidInput, SchemaOutdated

Connection = AsyncConnection[DictRow]
Parameters = Mapping[str, Any]
Statement = tuple[LiteralString, Parameters]
Result = TypeVar("Result")
Gate = Callable[[Connection], Awaitable[None]]

# An RDS Proxy closes a client that was idle for 30 minutes, and any client after 24 hours.
_IDLE_SECONDS = 600.0
_LIFETIME_SECONDS = 3600.0
# The pool warns of every attempt, also of one that slept through a freeze; whoever waits gets the reason as an error.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
_NOT_THERE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction)


class Database:
    """Runs statements on a small pool, opened by the first of them.

    Every connection is in autocommit and prepares nothing by name: an open transaction holds a server connection, and a
    named statement pins an RDS Proxy session. Until `gate` has once returned, nothing runs without it: it raises what
    keeps this database from being used.
    """

    def __init__(self, conninfo: str | Conninfo, *, size: int, timeout: float, gate: Gate | None = None) -> None:
        self._gate = gate
        self._refusal: psycopg.OperationalError | None = None
        self._held = 0
        self._giving_up: asyncio.Task[None] | None = None
        self._make = partial(self._new_pool, conninfo, size, timeout)
        self._pool = self._make()

    async def fetch(self, statement: LiteralString, parameters: Parameters | None = None) -> list[DictRow]:
        """Run one statement and return its rows; raise `DatabaseUnavailable`, or `DatabaseWaking` while it starts."""

        async def work(connection: Connection) -> list[DictRow]:
            cursor = await connection.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else []

        return await self._run(work)

    async def send(self, *transactions: Sequence[Statement]) -> list[list[DictRow]]:
        """Run transactions of one statement or several in one round trip; return the rows of each statement.

        No statement can depend on what another returns. After a failure the transactions before it stay. All of them
        must be safe to repeat, since a lost connection repeats them once.
        """

        async def work(connection: Connection) -> list[list[DictRow]]:
            cursors = []
            async with connection.pipeline() as pipeline:
                for transaction in transactions:
                    for statement, parameters in transaction:
                        cursors.append(await connection.execute(statement, parameters))
                    await pipeline.sync()
            return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]

        return await self._run(work)

    async def transact(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run `work` in one transaction; it must be safe to repeat, since a lost connection repeats it once."""

        async def within(connection: Connection) -> Result:
            async with connection.transaction():
                return await work(connection)

        return await self._run(within)

    async def connect(self, connections: int) -> None:
        """Open at least so many connections ahead, or all that there may be; raise `DatabaseUnavailable`."""
        pool, most = self._pool, self._pool.max_size
        wanted = min(connections, most)
        with _translated():
            await pool.open()
            # All at once: for those who wait for a connection the pool makes one after the other.
            await pool.resize(max(0, wanted - pool.get_stats()["pool_size"]), most)
            try:
                async with AsyncExitStack() as held:
                    for _ in range(wanted):
                        await held.enter_async_context(self._connection())
            finally:
                await pool.resize(0, most)

    async def close(self) -> None:
        """Close every connection; the database can't be used afterwards."""
        await self._pool.close()
        if self._giving_up:
            await self._giving_up

    async def _run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        with _translated():
            try:
                return await self._again_if_lost(work)
            except (PoolTimeout, PoolClosed) as error:
                raise refusals.why(self._refusal) from (self._refusal or error)

    async def _again_if_lost(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        try:
            return await self._once(work)
        except (PoolTimeout, PoolClosed):
            raise
        except psycopg.OperationalError as error:
            # A connection that slept through a freeze or a failover is found dead by using it.
            if error.sqlstate is not None and not _server_left(error):
                raise
            await self._pool.open()
            await self._pool.check()  # the others slept too
            return await self._once(work)

    def _new_pool(self, conninfo: str | Conninfo, size: int, timeout: float) -> AsyncConnectionPool[Connection]:
        return AsyncConnectionPool(
            conninfo if callable(conninfo) else by_password(conninfo),
            min_size=0,
            max_size=size,
            open=False,
            timeout=timeout,
            connection_class=self._connections(),
            configure=_let_in,
            # Its pauses between attempts double: beginning anew keeps them short for a database that is starting.
            reconnect_timeout=timeout,
            max_idle=_IDLE_SECONDS,
            max_lifetime=_LIFETIME_SECONDS,
            kwargs={
                "autocommit": True,
                "prepare_threshold": None,
                "row_factory": dict_row,
                "connect_timeout": max(2, int(timeout)),
                "application_name": "sluice",
            },
        )

    def _connections(self) -> type[Connection]:
        """Return a class whose connections leave their failures here: the pool connects behind its callers' backs."""
        database = self

        class Reporting(AsyncConnection[DictRow]):
            @classmethod
            async def connect(cls, *args: Any, **kwargs: Any) -> Self:
                pool = database._pool
                try:
                    connection = await super().connect(*args, **kwargs)
                except psycopg.OperationalError as error:
                    database._refused(pool, error)
                    raise
                database._refusal = None
                return connection

        return Reporting

    async def _once(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        async with self._connection() as connection:
            if self._gate:
                await self._gate(connection)
                self._gate = None
            return await work(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pool = self._pool
        await pool.open()
        async with pool.connection() as connection:
            self._held += 1
            try:
                yield connection
            finally:
                self._held -= 1

    def _refused(self, pool: AsyncConnectionPool[Connection], error: psycopg.OperationalError) -> None:
        """Keep why. A login that stays wrong fails all who wait, unless a connection in use is theirs next.

        The pool is given up with its attempts, whose pauses grow: whoever asks next logs in anew.
        """
        self._refusal = error
        if pool is self._pool and not self._held and isinstance(refusals.why(error), DatabaseRefused):
            self._pool = self._make()
            self._giving_up = background.begin(pool.close())


async def _let_in(connection: Connection) -> None:
    vectors.register(connection.adapters)


def _server_left(error: psycopg.Error) -> bool:
    """Whether the server closed the session: class 57P01 to 57P03 (shutdown), class 08 (connection)."""
    state = error.sqlstate or ""
    return state.startswith(("57P", "08"))


@contextmanager
def _translated() -> Iterator[None]:
    """Let no error of psycopg out."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise DatabaseUnavailable("The database took too long; try a narrower question or filter.") from error
    except psycopg.errors.CannotConnectNow as error:
        raise DatabaseWaking from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable from error
    except _NOT_THERE as error:
        raise SchemaOutdated from error
    except (psycopg.DataError, UnicodeEncodeError) as error:
        raise InvalidInput("The database can't take this value; it may hold a NUL or a number out of range.") from error
