"""Every route of both functions, on a real database, called with the ids of somebody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from local.postgres import Postgres
from sluice import access
from sluice.access import ApiKey
from sluice.adapters.offline import OfflineEmbedder
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.keys import PostgresKeys
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import Caller, Scope, uuid7
from tests.access.tenants import STRANGER, VICTIM, Belongings, digests, settle
from tests.access.test_doors import Door, doors
from tests.streaming.environment import ExecutionEnvironment, function_url_event

NAMES_NOTHING = {
    "GET /api/usage": "what the caller itself has used",
    "GET /v1/models": "the models on offer",
    "POST /api/documents": "takes a file into the caller's own folder",
    "POST /api/uploads": "opens the caller's own folder",
    "POST /api/redrive": "the operator's",
    "POST /api/reconcile": "the operator's",
}
"""Routes that no id of a tenant can be given to, and why."""

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/chat": {"message": "whales", "filter": {"document_ids": ["{document}"]}},
    "POST /api/search": {"query": "whales", "filter": {"document_ids": ["{document}"]}},
    "PATCH /api/conversations/{conversation_id}": {"title": "mine"},
    "PATCH /api/documents/{document_id}": {"metadata": {"mine": True}},
    "POST /v1/chat/completions": {"model": "sluice", "messages": [{"role": "user", "content": "whales"}]},
    "POST /api/messages/{message_id}/feedback": {"rating": -1},
}
AWAY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_MAX_ATTEMPTS": "1",
    "SLUICE_QUEUE_URL": "http://127.0.0.1:9/0/queue",
}
"""The bucket and the queue are not there: whoever gets as far as that was let through."""


REFUSALS = (400, 401, 403, 404, 422)


@dataclass
class World:
    """A database with a victim's belongings, and an API key for each of the two."""

    url: str
    database: Database
    belongings: Belongings
    keys: dict[Caller, str]

    def is_told_by(self, body: str) -> bool:
        """Whether an answer holds anything of the victim's."""
        return any(secret in body for secret in self.belongings.secrets)

    async def digests(self) -> list[dict[str, Any]]:
        return await self.database.transact(digests)


@pytest.fixture
def offline_database(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database for the offline embedder."""
    name = f"test_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model="offline/static", dimension=768)
    yield url
    postgres.drop_database(name)


@pytest.fixture
async def world(offline_database: str) -> AsyncIterator[World]:
    database = Database(offline_database, size=2, timeout=10)
    keys = {}
    for caller in (VICTIM, STRANGER):
        wanted = ApiKey("", caller.tenant, caller.user, "test", b"", frozenset({Scope.ASK, Scope.INGEST}))
        key, keys[caller] = access.issue(wanted, "")
        await PostgresKeys(database).add(key)
    yield World(offline_database, database, await settle(database, OfflineEmbedder()), keys)
    await database.close()


@asynccontextmanager
async def started(function: str, world: World) -> AsyncIterator[ExecutionEnvironment]:
    """A function in an execution environment of its own."""
    variables = {"SLUICE_DATABASE_URL": world.url, "SLUICE_BUCKET": "b", "SLUICE_AUTH": "key", **AWAY}
    environment = ExecutionEnvironment(f"functions.{function}.app.handler", variables=variables)
    await environment.start()
    try:
        yield environment
    finally:
        await environment.close()


def named(door: Door) -> str:
    return f"{door.method} {door.path}"


def doors_with_ids(function: str) -> list[Door]:
    return [door for door in doors() if door.function == function and named(door) not in NAMES_NOTHING]


def event(door: Door, world: World, caller: Caller) -> dict[str, Any]:
    """Return a request with the victim's ids wherever the route takes any.

    A stranger names what is going on just now; its owner would wait for the end of that, and names what is over.
    """
    has = world.belongings
    going_on = caller == STRANGER and "feedback" not in door.path
    conversation, answer = (has.conversation, has.answer) if going_on else (has.over, has.finished)
    ids = {
        "{conversation_id}": str(conversation),
        "{chat_id}": str(conversation),
        "{message_id}": str(answer),
        "{document_id}": str(has.document),
        "{document}": str(has.document),
        "{name:path}": "sluice",  # a model
    }
    path, body = door.path, json.dumps(BODIES.get(named(door), {}))
    for name, value in ids.items():
        path, body = path.replace(name, value), body.replace(name, value)
    headers = {"x-api-key": world.keys[caller], "content-type": "application/json"}
    return function_url_event(door.method, path, headers=headers, body=body)


async def call(environment: ExecutionEnvironment, door: Door, world: World, caller: Caller) -> tuple[int, str]:
    reply = await environment.invoke(event(door, world, caller))
    answer = await reply.end()
    return answer.prelude.status, answer.body.decode(errors="replace")


def test_every_route_that_takes_ids_is_tried() -> None:
    """A new one needs a body here, if it takes any; what takes no ids stands in the list with its reason."""
    known = {named(door): door for door in doors()}

    assert [name for name in (*NAMES_NOTHING, *BODIES) if name not in known] == []
    assert [name for name in NAMES_NOTHING if "{" in name] == []
    assert [name for name, door in known.items() if "{" in door.url] == []


@pytest.mark.parametrize("function", ["chat", "ingest"])
async def test_no_route_shows_or_changes_what_is_somebody_elses(world: World, function: str) -> None:
    """The same requests serve whoever it belongs to, else they would prove nothing; what deletes comes last."""
    walk = sorted(doors_with_ids(function), key=lambda door: door.method == "DELETE")
    before = await world.digests()
    async with started(function, world) as environment:
        strangers = {named(door): await call(environment, door, world, STRANGER) for door in walk}
        after = await world.digests()
        own = {named(door): (await call(environment, door, world, VICTIM))[0] for door in walk}

    assert {name: answer for name, answer in strangers.items() if world.is_told_by(answer[1])} == {}
    assert after == before
    assert {name: status for name, status in own.items() if status in REFUSALS} == {}
