"""The real chat function, frozen between two questions as Lambda freezes an environment that nobody asks."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
import pytest

from local.postgres import Postgres
from sluice.adapters.offline.embedding import DIMENSION
from sluice.adapters.offline.embedding import NAME as OFFLINE
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import uuid7
from tests.streaming.environment import ExecutionEnvironment, function_url_event
from tests.wire.tap import WireTap

QUESTION = json.dumps({"message": "How long is the river?"})


@pytest.fixture
def tap(postgres: Postgres) -> Iterator[WireTap]:
    """A way to PostgreSQL that can be cut."""
    with WireTap(postgres.port) as tap:
        yield tap


@pytest.fixture
async def environment(postgres: Postgres, tap: WireTap) -> AsyncIterator[ExecutionEnvironment]:
    """The chat function on a database of its own."""
    name = f"test_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model=OFFLINE, dimension=DIMENSION)
    variables = {
        "SLUICE_DATABASE_URL": url.replace(f":{postgres.port}/", f":{tap.port}/"),
        "SLUICE_BUCKET": "documents",
        "SLUICE_AUTH": "none",
    }
    environment = ExecutionEnvironment("functions.chat.app.handler", variables=variables)
    await environment.start()
    yield environment
    await environment.close()
    postgres.drop_database(name)


async def ask(environment: ExecutionEnvironment) -> list[str]:
    """Return the types of the events of an answer, each once."""
    headers = {"content-type": "application/json"}
    reply = await environment.invoke(function_url_event("POST", "/api/chat", headers=headers, body=QUESTION))
    lines = (await reply.end()).body.decode().splitlines()
    events: list[dict[str, Any]] = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return list(dict.fromkeys(event["type"] for event in events))


def processes(environment: ExecutionEnvironment) -> list[psutil.Process]:
    runtime = psutil.Process(environment.process.pid)
    return [runtime, *runtime.children(recursive=True)]


def freeze(environment: ExecutionEnvironment) -> None:
    """Let no process of the environment run; return once none does."""
    for process in processes(environment):
        process.send_signal(signal.SIGSTOP)
    while any(process.status() != psutil.STATUS_STOPPED for process in processes(environment)):
        pass


def thaw(environment: ExecutionEnvironment) -> None:
    for process in processes(environment):
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("connections_die", [False, True])
async def test_a_question_after_a_freeze_is_answered_as_any_other(
    environment: ExecutionEnvironment, tap: WireTap, *, connections_die: bool
) -> None:
    """On the loop and the pool of before; what the database or its proxy has hung up meanwhile is opened again."""
    before = await ask(environment)
    await environment.ready()

    freeze(environment)
    if connections_die:
        tap.cut()
    thaw(environment)

    assert (before, await ask(environment)) == (["start", "sources", "text", "done"],) * 2
