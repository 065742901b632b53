"""Both functions, each in an execution environment of its own, on a database whose schema is not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.offline.embedding import DIMENSION
from sluice.adapters.offline.embedding import NAME as OFFLINE
from sluice.adapters.postgres.migrations import migrate, migrations
from sluice.domain import uuid7
from tests.streaming.environment import ExecutionEnvironment, function_url_event

LAST = migrations()[-1].name
QUESTION = '{"message": "How long is the river?"}'
JSON = {"content-type": "application/json"}


@pytest.fixture
def old_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database that was not migrated to the end."""
    name = f"test_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model=OFFLINE, dimension=DIMENSION)
    change(url, "delete from schema_migration where name = %s")
    yield url
    postgres.drop_database(name)


def change(url: str, statement: Any) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, [LAST])


@asynccontextmanager
async def started(function: str, database: str) -> AsyncIterator[ExecutionEnvironment]:
    variables = {"SLUICE_DATABASE_URL": database, "SLUICE_BUCKET": "documents", "SLUICE_AUTH": "none"}
    environment = ExecutionEnvironment(f"functions.{function}.app.handler", variables=variables)
    await environment.start()
    try:
        yield environment
    finally:
        await environment.close()


async def call(environment: ExecutionEnvironment, method: str, path: str, body: str = "") -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON of an answer."""
    reply = await environment.invoke(function_url_event(method, path, headers=JSON, body=body))
    answer = await reply.end()
    return answer.prelude.status, answer.json()


async def test_the_chat_function_is_not_ready_on_an_old_schema(old_database: str) -> None:
    """Its health check and its answers say which migration is missing; once it is there both work."""
    async with started("chat", old_database) as environment:
        health = await call(environment, "GET", "/healthz")
        refused = await call(environment, "POST", "/api/search", '{"query": "river"}')
        asked = await call(environment, "POST", "/api/chat", QUESTION)
        change(old_database, "insert into schema_migration (name, checksum) values (%s, '')")
        mended = await call(environment, "GET", "/healthz")

    assert (health[0], health[1]["problems"]["database"]["code"]) == (503, "schema_outdated")
    assert LAST in health[1]["problems"]["database"]["message"]
    assert [(status, body["code"]) for status, body in (refused, asked)] == [(503, "schema_outdated")] * 2
    assert LAST in refused[1]["detail"]
    assert mended == (200, {"status": "ready", "problems": {}})


async def test_the_ingest_function_takes_nothing_on_an_old_schema(old_database: str) -> None:
    """A document that it would half understand waits until the schema is there."""
    async with started("ingest", old_database) as environment:
        status, body = await call(environment, "GET", "/api/documents")

    assert (status, body["code"]) == (503, "schema_outdated")
