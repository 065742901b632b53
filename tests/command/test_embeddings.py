"""`sluice embeddings` on a real database."""

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner, Result

from local.command.program import app
from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.domain import Block, Caller, Chunk, ObjectRef, ParsedDocument
from sluice.testing.models import HashEmbedder
from tests.conftest import DIMENSION, EMBEDDING_MODEL

NEW = "offline/static"


class Sluice:
    """The command in an operator's shell: through the pooler, and past it for what takes long."""

    def __init__(self, pooled: str, direct: str) -> None:
        self._shell = CliRunner(env={"SLUICE_DATABASE_URL": pooled, "SLUICE_MIGRATION_URL": direct})

    def __call__(self, *arguments: str) -> Result:
        return self._shell.invoke(app, ["embeddings", *arguments])

    def done(self, *arguments: str) -> str:
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    @property
    def searched(self) -> str:
        return str(json.loads(self.done("status", "--json"))["model"])


@pytest.fixture
def sluice(database_url: str, postgres: Postgres) -> Sluice:
    """The command on a database with one document."""
    asyncio.run(store_something(database_url))
    return Sluice(database_url, postgres.url(database_url.rpartition("/")[2]))


async def store_something(url: str) -> None:
    database, caller = Database(url, size=1, timeout=5), Caller()
    documents, text = PostgresDocuments(database), "Blue whales eat krill."
    claim = await documents.claim(caller, ObjectRef("b", "whales.txt", "1"), lease_seconds=60)
    assert claim
    vectors = await HashEmbedder(DIMENSION).embed([text], purpose="document")
    parsed, chunk = ParsedDocument("text", (Block(text),)), Chunk(0, text, 0, len(text))
    await documents.store(caller, claim, parsed, [chunk], vectors, model=EMBEDDING_MODEL)
    await database.close()


def test_an_operator_changes_the_model_and_goes_back(sluice: Sluice) -> None:
    """Each step says what comes next."""
    migrated = sluice.done("migrate", "--to", NEW)
    ready = sluice.done("status").splitlines()
    switched, after = sluice.done("switch"), sluice.searched
    back, at_last = sluice.done("rollback"), sluice.searched

    assert "sluice embeddings switch" in migrated
    assert ready == [
        f"searched\t{EMBEDDING_MODEL}\t{DIMENSION} dimensions\t1 chunks",
        f"to come\t{NEW}\t768 dimensions\t1 chunks, indexed",
    ]
    assert (after, "sluice embeddings rollback" in switched) == (NEW, True)
    assert (at_last, "sluice embeddings switch" in back) == (EMBEDDING_MODEL, True)


def test_an_operator_has_less_of_each_vector_indexed(sluice: Sluice) -> None:
    """The status says so, until all of it is again; what no index can hold is refused."""
    said = sluice.done("index", "--of", "signs")
    shorter = sluice.done("status")
    refused = sluice("index", "--of", "0")
    sluice.done("index", "--of", "whole")

    assert said == "The index holds the signs of each vector; the whole vectors rank what it finds.\n"
    assert shorter == f"searched\t{EMBEDDING_MODEL}\t{DIMENSION} dimensions, the signs indexed\t1 chunks\n"
    assert sluice.done("status") == f"searched\t{EMBEDDING_MODEL}\t{DIMENSION} dimensions\t1 chunks\n"
    assert (refused.exit_code, "Say whole, signs, or a number" in refused.output) == (2, True)


def test_each_step_can_be_given_twice(sluice: Sluice) -> None:
    """Who is not sure whether it went through gives it again, and it does not turn back."""
    for _ in range(2):
        sluice.done("migrate", "--to", NEW)
    for _ in range(2):
        sluice.done("switch")

    assert sluice.searched == NEW


def test_the_end_of_a_change_says_what_to_keep(sluice: Sluice) -> None:
    """And a step that makes no sense any more says so."""
    sluice.done("migrate", "--to", NEW)
    sluice.done("switch")

    dropped, late = sluice.done("drop"), sluice("drop")

    assert dropped == (
        f"The vectors of {EMBEDDING_MODEL} are gone. Searches go by {NEW}; keep it in SLUICE_EMBEDDING_MODEL.\n"
    )
    assert (late.exit_code, late.output) == (1, "Only one model's vectors are stored; there is nothing to drop.\n")


def test_a_model_that_does_not_exist_changes_nothing(sluice: Sluice) -> None:
    """It is asked before the database is."""
    result = sluice("migrate", "--to", "offline/nonsense")

    assert (result.exit_code, "There is no offline embedding model" in result.output) == (1, True)
    assert json.loads(sluice.done("status", "--json"))["other"] is None
