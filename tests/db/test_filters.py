"""Filters on a real PostgreSQL: what they let through, and that they never starve a search."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from local.postgres import Postgres
from sluice import filtering
from sluice.adapters.postgres.database import Connection, Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.adapters.postgres.visibility import Visibility
from sluice.domain import Caller, Filter, Search, Weights
from sluice.errors import EmbeddingModelMismatch
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.db.test_search import CALLER, EMBEDDER, Library

PAPERS: Mapping[str, Mapping[str, object]] = {
    "old": {"year": 1999, "author": "Ann", "tags": ["final", "public"], "due": "1999-05-01"},
    "new": {"year": 2024, "author": "Bob", "tags": ["draft"], "due": "2024-05-01T12:00:00+02:00"},
    "odd": {"year": "1999", "author": "O'Hara; drop table chunk; --", "due": "2024-99-99", "price": 2.5},
    "bare": {},
}


@pytest.fixture
async def papers(database: Database) -> Library:
    """Four documents about whales, whose file name is their key in `PAPERS`."""
    library = Library(database)
    for key, metadata in PAPERS.items():
        document = await library.add(key, f"whales {key}")
        await database.fetch(
            "update document set metadata = %(metadata)s, created_at = %(created)s where id = %(id)s",
            {"metadata": Jsonb(metadata), "created": f"{2001 + len(key)}-01-01T00:00:00Z", "id": document.id},
        )
    return library


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"old", "new", "odd", "bare"}),
        ({"metadata": {"author": "Ann"}}, {"old"}),
        ({"metadata": {"year": 1999}}, {"old"}),
        ({"metadata": {"year": 1999.0}}, {"old"}),
        ({"metadata": {"year": "1999"}}, {"odd"}),
        ({"metadata": {"tags": "public"}}, {"old"}),
        ({"tags": ["final", "public"]}, {"old"}),
        ({"tags": ["final", "draft"]}, set()),
        ({"metadata": {"year": {"in": [2024, "1999"]}}}, {"new", "odd"}),
        ({"metadata": {"year": {"in": []}}}, set()),
        ({"metadata": {"year": {"gte": 1999, "lt": 2024}}}, {"old"}),
        ({"metadata": {"year": {"gt": 1999}}}, {"new"}),
        ({"metadata": {"due": {"gte": "1999-05-01", "lte": "2024-05-01"}}}, {"old"}),
        ({"metadata": {"due": {"gt": "2024-05-01T09:59:00Z"}}}, {"new"}),
        ({"metadata": {"due": {"lte": "2024-05-01T10:00:00Z"}}}, {"old", "new"}),
        ({"metadata": {"price": {"gt": 2}}}, {"odd"}),
        ({"metadata": {"tags": {"exists": True}}}, {"old", "new"}),
        ({"metadata": {"tags": {"exists": False}}}, {"odd", "bare"}),
        ({"not": {"metadata": {"year": {"gt": 2000}}}}, {"old", "odd", "bare"}),
        ({"or": [{"tags": ["draft"]}, {"metadata": {"author": "Ann"}}]}, {"old", "new"}),
        ({"and": [{"not": {"tags": ["draft"]}}, {"metadata": {"author": {"exists": True}}}]}, {"old", "odd"}),
        ({"created_at": {"gte": "2005-01-01"}}, {"bare"}),
        ({"created_at": {"lt": "2004-06-01"}}, {"old", "new", "odd"}),
        ({"updated_at": {"lt": "2001-01-01"}}, set()),
        ({"metadata": {"author": "O'Hara; drop table chunk; --"}}, {"odd"}),
        ({"metadata": {"'); drop table chunk; --": {"exists": True}}}, set()),
        ({"metadata": {"%(tenant)s": "%s", "${visible}": {"in": ["{}"]}}}, set()),
    ],
)
async def test_a_filter_lets_through_what_it_says(
    papers: Library, given: Mapping[str, object], expected: set[str]
) -> None:
    """Documents without the key, or with another kind of value there, are simply not meant."""
    found = await papers.find("whales", where=filtering.parse(given))

    assert {text.removeprefix("whales ") for text in found} == expected


async def test_the_widest_filter_is_still_a_short_statement(database: Database) -> None:
    """A statement of more than 16 KB would pin a session of an RDS Proxy."""
    bounds = {str(number): {"gt": "2024-05-01"} for number in range(filtering.MAX_CONDITIONS)}
    where = filtering.parse({"not": {"not": {"metadata": bounds}}})
    [vector] = await EMBEDDER.embed(["whales"], purpose="query")
    passages = PostgresPassages(database, model=EMBEDDING_MODEL)

    assert len(passages.plan(Search(CALLER, "whales", 50, where), vector).statement.encode()) < 16_000
    assert await passages.search(Search(CALLER, "whales", 50, where), vector) == []


async def test_the_tenant_is_part_of_every_predicate() -> None:
    """Also where the filter is a negation."""
    visible = Visibility(Caller("acme"), filtering.parse({"not": {"tags": ["a"]}}))

    assert visible.sql.startswith("document.tenant = %(tenant)s and ")
    assert visible.parameters["tenant"] == "acme"


@pytest.fixture
async def crowded(postgres: Postgres, database_url: str, database: Database) -> Library:
    """More near chunks than the index looks at before it gives up, all in one collection, and ten in another."""
    name = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        connection.execute("select '[0]'::vector")
        connection.execute(f"alter role sluice in database {name} set hnsw.max_scan_tuples = 100")
        connection.execute(f"alter role sluice in database {name} set enable_sort = off")
    library = Library(database)
    await library.add("few/small.txt", *[f"seal number {number}" for number in range(10)])
    await library.add("many/big.txt", *[f"whale number 0 {'x' * length}" for length in range(400)])
    return library


@pytest.mark.parametrize("weights", [Weights(1, 0), Weights(0, 1), Weights()], ids=["dense", "lexical", "hybrid"])
async def test_a_filter_that_matches_ten_of_many_starves_no_leg(
    database: Database, crowded: Library, weights: Weights
) -> None:
    """Ten are asked for, ten match, hidden behind hundreds that are nearer, and ten come."""
    passages = PostgresPassages(database, model=EMBEDDING_MODEL, weights_of=lambda _: weights)
    [vector] = await EMBEDDER.embed(["whale number 0"], purpose="query")

    found = await passages.search(Search(CALLER, "number", 10, Filter("few")), vector)

    assert sorted(passage.content for passage in found) == [f"seal number {number}" for number in range(10)]


@pytest.mark.parametrize("length", [1, DIMENSION - 1, DIMENSION + 1, 4001])
async def test_a_vector_of_another_length_is_refused(papers: Library, length: int) -> None:
    """A message, and no statement that fails in the server."""
    with pytest.raises(EmbeddingModelMismatch):
        await papers.passages.search(Search(CALLER, "q", 1), [0.5] * length)


@pytest.fixture
async def shelves(database: Database) -> Library:
    """Two thousand documents of two chunks each, made by the database; the planner knows of them."""
    library = Library(database)
    await library.add("a.txt", "whale number 0", "whale number 1")
    await database.fetch("drop index chunk_by_embedding")
    await database.fetch(
        "insert into document (id, tenant, collection, source, title, status, version) "
        "select gen_random_uuid(), tenant, collection, source || number, title, status, gen_random_uuid() "
        "from document, generate_series(1, 2000) as number"
    )
    await database.fetch(
        "insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset, "
        "lexemes, term_weights, embedding) select gen_random_uuid(), document.tenant, document.id, document.version, "
        "ordinal, digest, content, 0, 14, lexemes, term_weights, "
        "(select array_agg(random() - 0.5) from generate_series(1, 64) where ordinal >= 0)::halfvec(64) "
        "from document, chunk where document.version <> chunk.version"
    )
    await database.fetch("create index chunk_by_embedding on chunk using hnsw (embedding halfvec_cosine_ops)")
    await database.fetch("analyze")
    return library


async def scans_of_the_index(database: Database, library: Library, caller: Caller, where: Filter) -> int:
    """Search, and return how often that went by the index of vectors."""
    [vector] = await EMBEDDER.embed(["whale"], purpose="query")
    plan = library.passages.plan(Search(caller, "whale", 10, where), vector)

    async def search(connection: Connection) -> int:
        await connection.execute(plan.statement, plan.parameters)
        scans = await connection.execute("select pg_stat_get_xact_numscans('chunk_by_embedding'::regclass) as scans")
        [row] = await scans.fetchall()
        return int(row["scans"])

    return await database.transact(search)


@pytest.mark.parametrize("where", [Filter(), Filter("default")], ids=["everywhere", "a collection"])
async def test_the_index_is_used_however_many_documents_there_are(
    database: Database, shelves: Library, where: Filter
) -> None:
    """A chunk's document and version are one fact to the planner; taken for two, it would compare every chunk."""
    assert await scans_of_the_index(database, shelves, CALLER, where) == 1


async def test_a_tenant_with_few_chunks_has_each_of_them_compared(database: Database, shelves: Library) -> None:
    """A walk through the graph would meet little but the chunks of others."""
    newcomer = Caller("newcomer")
    await shelves.add("b.txt", "a whale of somebody else", caller=newcomer)

    assert await scans_of_the_index(database, shelves, newcomer, Filter()) == 0
    assert await shelves.find("whale", caller=newcomer) == ["a whale of somebody else"]
