"""The migrate function on a real database, as CloudFormation and an operator invoke it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from functions.migrate.app import handler, release
from local.postgres import Postgres
from sluice import access, bootstrap
from sluice.adapters.postgres.migrations import migrations
from sluice.domain import uuid7
from sluice.errors import InvalidInput
from tests.migrate.conftest import PROPERTIES, CloudFormation


@dataclass
class Context:
    log_group_name: str = "/logs"
    log_stream_name: str = "stream-1"
    seconds: float = 800

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without any schema, which the settings name."""
    name = f"migrate_{uuid7().hex}"
    url = postgres.create_database(name)
    before = os.environ["SLUICE_DATABASE_URL"]
    os.environ["SLUICE_DATABASE_URL"] = url
    bootstrap.settings.cache_clear()
    yield url
    os.environ["SLUICE_DATABASE_URL"] = before
    bootstrap.settings.cache_clear()
    postgres.drop_database(name)


def names() -> list[str]:
    return [each.name for each in migrations()]


def test_a_deploy_migrates_the_database(empty_database: str, cloudformation: CloudFormation) -> None:
    """The answer says what was applied and what release it is; a second deploy applies nothing."""
    handler(cloudformation.event(), Context())
    handler(cloudformation.event("Update", PhysicalResourceId="sluice-schema"), Context())

    release_name = release(PROPERTIES)
    assert [(each["Status"], each.get("Data")) for each in cloudformation.answers] == [
        ("SUCCESS", {"Release": release_name, "Applied": ", ".join(names())}),
        ("SUCCESS", {"Release": release_name, "Applied": ""}),
    ]


def test_a_deploy_with_another_embedding_model_fails_in_words(
    empty_database: str, cloudformation: CloudFormation
) -> None:
    """The stored vectors would be worthless, so the stack stays as it is."""
    handler({"sluice": "migrate"}, Context())
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("update embedding_space set model = 'openai/other'")

    handler(cloudformation.event("Update"), Context())

    [answer] = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "The stored vectors come from openai/other" in answer["Reason"]


def test_a_database_that_can_not_be_reached_fails_the_deploy(cloudformation: CloudFormation) -> None:
    """The settings of all tests name a database at which nobody listens."""
    bootstrap.settings.cache_clear()

    handler(cloudformation.event(), Context())

    [answer] = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "refused" in answer["Reason"]


def test_a_release_is_named_by_all_that_is_deployed() -> None:
    """Any property changes the name; what belongs to the protocol does not."""
    named = release(PROPERTIES)

    assert named == release({**PROPERTIES, "ServiceTimeout": "800"})
    assert named != release({**PROPERTIES, "Layer": "layer:2"})


def test_an_owner_with_a_password_needs_no_token(empty_database: str) -> None:
    """The functions' user may have none: the owner's address is of its own, and leads past the pooler.

    Whom only the pooler knows gets no settings, and the answer says what an administrator would run.
    """
    os.environ |= {"SLUICE_DATABASE_IAM": "true", "SLUICE_MIGRATION_URL": empty_database}
    os.environ["SLUICE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/behind-a-pooler"
    bootstrap.settings.cache_clear()
    try:
        answer = handler({"sluice": "migrate"}, Context())
    finally:
        del os.environ["SLUICE_DATABASE_IAM"], os.environ["SLUICE_MIGRATION_URL"]
    assert answer is not None
    assert answer["applied"] == names()
    assert all(statement.startswith('alter role "nobody" in database') for statement in answer["left"])


def test_an_operator_makes_a_key(empty_database: str) -> None:
    """The key's text is the answer; the database keeps its digest."""
    handler({"sluice": "migrate"}, Context())

    answer = handler({"sluice": "create_key", "name": "web", "user": "ann", "scopes": ["ask", "ingest"]}, Context())

    assert answer is not None
    key = asyncio.run(_found(answer["key"]))
    assert (key.name, key.user, sorted(key.scopes)) == ("web", "ann", ["ask", "ingest"])
    assert key.caller(answer["key"], "").user == "ann"


async def _found(text: str) -> access.ApiKey:
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.keys import PostgresKeys

    database = Database(os.environ["SLUICE_DATABASE_URL"], size=1, timeout=5)
    try:
        key = await PostgresKeys(database).find(access.key_id(text) or "")
    finally:
        await database.close()
    assert key is not None
    return key


@pytest.mark.parametrize("event", [{}, {"sluice": "drop"}, {"sluice": "create_key"}, {"sluice": "migrate", "x": 1}])
def test_anything_else_is_refused_in_words(event: dict[str, Any]) -> None:
    """A typing mistake is told, and nothing happens."""
    with pytest.raises(InvalidInput, match="Send"):
        handler(event, Context())


def embeddings(step: str, **more: str) -> Any:
    return handler({"sluice": "embeddings", "step": step, **more}, Context())


def test_an_operator_changes_the_embedding_model_step_by_step(empty_database: str) -> None:
    """Each answer says whether it is done and how things stand; a step that was not can be asked for again."""
    handler({"sluice": "migrate"}, Context())
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("update embedding_space set model = 'test/old', dimension = 8, known = '{test/old}'")

    answers = [embeddings("migrate", to="offline/static"), *map(embeddings, ("switch", "rollback", "switch", "drop"))]

    assert [(each["done"], each["model"], each["other"]) for each in answers] == [
        (True, "test/old", "offline/static"),
        (True, "offline/static", "test/old"),
        (True, "test/old", "offline/static"),
        (True, "offline/static", "test/old"),
        (True, "offline/static", None),
    ]
    assert embeddings("status") == {
        "done": True, "model": "offline/static", "dimension": 768, "other": None, "other_dimension": None,
        "switched": False, "chunks": 0, "missing": 0, "indexed": False,
        "held": "whole",
    }  # fmt: skip


def test_an_operator_has_less_of_each_vector_indexed(empty_database: str) -> None:
    """Built anew beside readers and writers, as the command does it."""
    handler({"sluice": "migrate"}, Context())

    answers = [embeddings("index", of=held) for held in ("256", "signs", "whole")]

    assert [(each["done"], each["held"]) for each in answers] == [(True, "256"), (True, "signs"), (True, "whole")]


def test_a_step_that_takes_too_long_is_not_done(empty_database: str) -> None:
    """The function ends it in good order, before Lambda ends the function."""
    handler({"sluice": "migrate"}, Context())
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("update embedding_space set model = 'test/old', known = '{test/old}'")

    hurried = handler({"sluice": "embeddings", "step": "migrate", "to": "offline/static"}, Context(seconds=20))

    assert hurried is not None
    assert (hurried["done"], embeddings("migrate", to="offline/static")["done"]) == (False, True)


@pytest.mark.parametrize(
    "more",
    [
        {"step": "migrate"},
        {"step": "switch", "to": "offline/static"},
        {"step": "on"},
        {"step": "index"},
        {"step": "index", "of": "0"},
        {"step": "drop", "of": "signs"},
    ],
)
def test_a_step_that_makes_no_sense_is_refused(more: dict[str, str]) -> None:
    """Before anything is touched."""
    with pytest.raises(InvalidInput, match="embeddings"):
        handler({"sluice": "embeddings", **more}, Context())
