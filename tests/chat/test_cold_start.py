"""What the real chat function loads, and when, in an execution environment of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psycopg
import pytest

from local.postgres import Postgres
from tests.chat.environments import started
from tests.llm import upstream
from tests.streaming.environment import ExecutionEnvironment, Streamed, function_url_event

QUESTION = json.dumps({"message": "How long is the river?"})


async def ask(environment: ExecutionEnvironment) -> list[dict[str, Any]]:
    """Return the events of an answer."""
    headers = {"content-type": "application/json"}
    reply = await environment.invoke(function_url_event("POST", "/api/chat", headers=headers, body=QUESTION))
    return events(await reply.end())


def events(answer: Streamed) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def test_an_offline_answer_loads_no_library_of_models(offline_database: str) -> None:
    """Nor AWS's, as long as no secret has to be read."""
    async with started(offline_database, {}) as environment:
        answer = await ask(environment)
        shown = (await (await environment.get("/observed")).end()).json()

    assert [answer[0]["type"], answer[-1]["type"]] == ["start", "done"], answer
    assert shown["loaded"] == ["psycopg", "fastapi"]


async def test_a_snapshot_holds_all_modules_and_no_connection(offline_database: str) -> None:
    """The model's library is loaded and primed before it; settings, with secrets, are read after the restore."""
    async with upstream.running() as provider:
        provider.enqueue(upstream.chat("It is ", "long."), upstream.chat("Rivers"))
        variables = {
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "SLUICE_CHAT_MODEL": "openai/gpt-4o",
            "OPENAI_API_BASE": provider.base,
            "OPENAI_API_KEY": "sk-x",
        }
        async with started(offline_database, variables) as environment:
            async with asyncio.timeout(60):
                await environment.api.snapshot_taken()
            asked_before = len(provider.requests)
            environment.api.restore()
            answer = await ask(environment)
            shown = (await (await environment.get("/observed")).end()).json()

    assert "".join(event["text"] for event in answer if event["type"] == "text") == "It is long."
    assert asked_before == 0
    assert shown["before the snapshot"] == {
        "loaded": ["litellm", "psycopg", "openai", "fastapi"],
        "settings": 0,
        "connections": [],
    }
    # FastAPI imports that when the app's lifespan starts, which is after the restore.
    late = [name for name in shown["imported since"] if not name.startswith("fastapi.telemetry.")]
    assert late == [], "prime these before the snapshot"


async def test_a_function_starts_without_its_database(offline_database: str) -> None:
    """What it says of it then is the first request's to tell."""
    async with started("postgresql://nobody@127.0.0.1:9/nothing", {}) as environment:
        health = await (await environment.get("/healthz")).end()

    assert (health.prelude.status, list(health.json()["problems"])) == (503, ["database"])


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start"])
async def test_a_function_that_starts_ahead_is_connected_to_its_database(
    offline_database: str, postgres: Postgres, kind: str
) -> None:
    """Before anybody asks, so that the first question does not wait for it."""
    async with started(offline_database, {"AWS_LAMBDA_INITIALIZATION_TYPE": kind}) as environment:
        if kind == "snap-start":
            async with asyncio.timeout(60):
                await environment.api.snapshot_taken()
            environment.api.restore()
        await environment.ready()
        with psycopg.connect(postgres.url()) as admin:
            name = offline_database.rpartition("/")[2]
            count = "select count(*) from pg_stat_activity where datname = %s and application_name = 'sluice'"
            connected = admin.execute(count, [name]).fetchone()

    assert connected == (2,), "one for the search, one for keeping the question"
