"""A database that an older release has filled, on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.migration_files import FOLDER
from sluice.adapters.postgres.migrations import migrate, migrations
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Block, Caller, Chunk, Filter, ObjectRef, ParsedDocument, Search, Weights, uuid7
from sluice.testing.models import HashEmbedder

MODEL, DIMENSION = "m", 1536
EMBEDDER = HashEmbedder(DIMENSION, MODEL)
CALLERS = {Caller("acme"): "whale", Caller("other"): "seal"}
# As long as chunks are: beside their vectors they were too long for a row.
FILLER = " ".join(f"{word}{number}" for number in range(30) for word in ("ocean", "krill", "current", "season"))
NUMBERS = range(12)


def text_of(word: str, number: int) -> str:
    """Return the text of a chunk, which has a word of its own."""
    return f"The {word} number{number} was seen here. {FILLER}"


async def fill(url: str) -> None:
    """Store a document for each caller, with the statements of that time."""
    with psycopg.connect(url) as connection:
        for caller, word in CALLERS.items():
            document, version = uuid7(), uuid7()
            connection.execute(
                "insert into document (id, tenant, collection, source, title, status, version) "
                "values (%s, %s, 'old', %s, 't', 'ready', %s)",
                [document, caller.tenant, f"s3://b/old/{word}", version],
            )
            connection.execute("insert into spoken_language values (%s, 'english')", [caller.tenant])
            for number in NUMBERS:
                text = text_of(word, number)
                [vector] = await EMBEDDER.embed([text], purpose="document")
                connection.execute(
                    "insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, "
                    "end_offset, lexemes, term_weights, embedding) "
                    "select %s, %s, %s, %s, %s, %s, %s, 0, 9, lexemes, sluice_term_weights(lexemes, 120), %s::halfvec "
                    "from sluice_lexemes('english', %s) as lexemes",
                    [uuid7(), caller.tenant, document, version, number, uuid7(), text, str(vector), text],
                )


@pytest.fixture
async def upgraded(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Database]:
    """A database that migration 0011 left and documents of two tenants came to, before the later ones."""
    for migration in migrations():
        if migration.name < "0012":
            shutil.copy(FOLDER / migration.name, tmp_path)
    name = f"old_{uuid7().hex}"
    url = postgres.create_database(name)
    assert migrate(url, model=MODEL, dimension=DIMENSION, folder=tmp_path)[-1] == "0011_preselecting_index.sql"
    await fill(url)
    migrate(url, model=MODEL, dimension=DIMENSION)
    database = Database(url, size=1, timeout=5)
    yield database
    await database.close()
    postgres.drop_database(name)


async def found_by(database: Database, search: Search, weights: Weights) -> list[str]:
    """Return the beginnings of what is found."""
    passages = PostgresPassages(database, model=MODEL, weights_of=lambda _: weights)
    [vector] = await EMBEDDER.embed([search.query], purpose="query")
    found = await passages.search(search, vector, looked_up=await passages.look_up(search))
    return [passage.content.partition(" was")[0] for passage in found]


async def lies_apart(database: Database) -> set[tuple[str, bool]]:
    """Return the sources of documents, with whether their chunks' vectors lie apart from their rows."""
    rows = await database.fetch(
        "select distinct source, pg_column_toast_chunk_id(embedding) is not null as apart "
        "from chunk join document on document.id = document_id"
    )
    return {(row["source"], row["apart"]) for row in rows}


@pytest.mark.parametrize("weights", [Weights(1, 0), Weights(0, 1), Weights()], ids=["dense", "lexical", "hybrid"])
@pytest.mark.parametrize("where", [Filter(), Filter("old")], ids=["everywhere", "a collection"])
async def test_every_chunk_of_an_older_database_is_found_after_its_upgrade(
    upgraded: Database, weights: Weights, where: Filter
) -> None:
    """By its meaning, its words and both, and by its own tenant, in rows that are laid out as they were."""
    asked = [(caller, text_of(word, number)) for caller, word in CALLERS.items() for number in NUMBERS]

    found = [await found_by(upgraded, Search(caller, text, 1, where), weights) for caller, text in asked]

    assert found == [[text.partition(" was")[0]] for _, text in asked]
    assert await lies_apart(upgraded) == {("s3://b/old/whale", True), ("s3://b/old/seal", True)}


@pytest.mark.parametrize("weights", [Weights(1, 0), Weights(0, 1), Weights()], ids=["dense", "lexical", "hybrid"])
async def test_what_is_stored_after_an_upgrade_is_found_beside_what_was_there(
    upgraded: Database, weights: Weights
) -> None:
    """Rows of both layouts answer one question."""
    caller, text = Caller("acme"), text_of("whale", 99)
    documents = PostgresDocuments(upgraded)
    claim = await documents.claim(caller, ObjectRef("b", "new", "1"), lease_seconds=60)
    assert claim is not None
    vectors = await EMBEDDER.embed([text], purpose="document")
    parsed, chunk = ParsedDocument("text", (Block(text),), title="t"), Chunk(0, text, 0, len(text))
    await documents.store(caller, claim, parsed, [chunk], vectors, model=MODEL)

    found = await found_by(upgraded, Search(caller, text, 20), weights)

    assert found[0] == "The whale number99"
    assert sorted(found) == sorted(f"The whale number{number}" for number in (*NUMBERS, 99))
    assert ("s3://b/new", False) in await lies_apart(upgraded)
