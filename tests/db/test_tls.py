"""TLS to a real pooler, with certificates of an authority made for the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow

from local.postgres import Postgres
from sluice.adapters.postgres.credentials import by_iam, by_password
from sluice.adapters.postgres.database import Database
from sluice.errors import DatabaseRefused
from tests.certificates import Authority
from tests.conftest import missing
from tests.pooler import PgBouncer, find_pgbouncer

HOST = "sluice.proxy-abc123.eu-west-1.rds.amazonaws.com"

Url = Callable[..., str]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def root(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the authority's root certificate."""
    file = tmp_path_factory.mktemp("roots") / "root.pem"
    file.write_text(authority.root)
    return file


@pytest.fixture(scope="module")
def url(postgres: Postgres, authority: Authority) -> Iterator[Url]:
    """Makes addresses of a pooler that shows a certificate for HOST; its name is looked up nowhere."""
    if find_pgbouncer() is None:
        missing("there is no pgbouncer on this machine, and PostgreSQL's wheel speaks no TLS")
    with PgBouncer(postgres, server_connections=1, certificate=authority.issue(HOST)) as pooler:

        def url(host: str = HOST, **roots: str) -> str:
            at = make_conninfo("", host=host, hostaddr="127.0.0.1", port=pooler.port, sslmode="verify-full")
            return make_conninfo(at, user="sluice", password=postgres.password(), dbname="postgres", **roots)

        yield url


@asynccontextmanager
async def pool(conninfo: str) -> AsyncIterator[Database]:
    database = Database(conninfo, size=1, timeout=1)
    yield database
    await database.close()


async def is_encrypted(connection: AsyncConnection[DictRow]) -> bool:
    return bool(connection.pgconn.ssl_in_use)


async def test_a_certificate_of_a_trusted_authority_for_the_host_is_taken(url: Url, root: Path) -> None:
    """And the connection is encrypted."""
    async with pool(url(sslrootcert=str(root))) as database:
        assert await database.transact(is_encrypted)


async def test_a_token_goes_over_a_checked_connection(url: Url, root: Path, postgres: Postgres) -> None:
    """Each with a token of its own, and neither root nor host forgotten on the way."""
    conninfo = by_iam(url(sslrootcert=str(root)), lambda *_: postgres.password())
    database = Database(conninfo, size=1, timeout=5)

    assert await database.transact(is_encrypted)
    await database.close()


async def test_an_unknown_authority_is_refused_with_what_to_do(url: Url) -> None:
    """The roots that everybody trusts do not hold it; nobody waits for that to change."""
    async with pool(url()) as database:
        with pytest.raises(DatabaseRefused, match=r"authority that is not trusted here.*sslrootcert"):
            await database.fetch("select 1")


async def test_a_certificate_of_another_host_is_refused_with_what_to_do(url: Url, root: Path) -> None:
    """As behind an alias of one's own."""
    async with pool(url("db.example.com", sslrootcert=str(root))) as database:
        with pytest.raises(DatabaseRefused, match="for another host"):
            await database.fetch("select 1")


async def test_a_file_of_roots_that_is_not_there_is_told(url: Url, tmp_path: Path) -> None:
    """A typing error in the address."""
    async with pool(url(sslrootcert=str(tmp_path / "nothing.pem"))) as database:
        with pytest.raises(DatabaseRefused, match="file of root certificates can't be read"):
            await database.fetch("select 1")


async def test_a_server_without_tls_is_refused_where_it_is_asked_for(postgres: Postgres) -> None:
    """A password is not sent in the clear because somebody in between says so."""
    async with pool(f"{postgres.url('postgres')}?sslmode=require") as database:
        with pytest.raises(DatabaseRefused, match="does not speak TLS"):
            await database.fetch("select 1")


async def test_the_right_roots_are_found_by_the_host(url: Url, root: Path) -> None:
    """An address that names its own keeps them."""
    assert str(root) in await by_password(url(sslrootcert=str(root)))()
    assert "cacert.pem" in await by_password(url())()
