"""An index that holds less than the vectors: it preselects, and the whole vectors rank."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import LiteralString

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.credentials import by_password
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.embedding_change import PostgresEmbeddingChange
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import (
    Block,
    Caller,
    Chunk,
    Document,
    Filter,
    ObjectRef,
    ParsedDocument,
    Search,
    Vector,
    Weights,
    uuid7,
)
from sluice.reembedding import Reembedding
from sluice.testing.models import HashEmbedder

CALLER = Caller("acme")
MODEL, OTHER = "test/first", "test/second"
DIMENSION = 8
EVERYWHERE = Filter()


class Shorter:
    """The functions on a database of vectors of eight numbers, and its operator; what is found is by meaning alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url, size=1, timeout=5)
        self.documents = PostgresDocuments(self.database)
        self.passages = PostgresPassages(self.database, model=MODEL, weights_of=lambda _: Weights(1, 0))
        self.change = PostgresEmbeddingChange(self.database, by_password(url))
        embedders = {OTHER: HashEmbedder(4, OTHER)}
        self.reembedding = Reembedding(self.change, embedders.__getitem__, held_of=lambda _, __: "2")

    async def add(self, key: str, vectors: Mapping[str, Vector]) -> Document:
        claim = await self.documents.claim(CALLER, ObjectRef("b", key, "1"), lease_seconds=60)
        assert claim is not None
        parsed = ParsedDocument("text", tuple(Block(text) for text in vectors), title=key)
        chunks = [Chunk(number, text, 0, len(text)) for number, text in enumerate(vectors)]
        return await self.documents.store(CALLER, claim, parsed, chunks, list(vectors.values()), model=MODEL)

    async def find(self, vector: Vector, *, limit: int = 2, where: Filter = EVERYWHERE) -> list[str]:
        found = await self.passages.search(Search(CALLER, "?", limit, where), vector)
        return [passage.content for passage in found]

    def execute(self, statement: LiteralString) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement)

    def indexes(self) -> list[str]:
        """Return over what the indexes of vectors are."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "select indexdef from pg_indexes where indexdef like '%USING hnsw%' order by indexname"
            )
            return [definition.partition(" USING ")[2] for (definition,) in found]

    def uses_index(self, vector: Vector, model: str = MODEL) -> bool:
        """Whether the index knows what searches order by; a planner may else neither sort nor read the whole table."""
        scans = "select pg_stat_get_xact_numscans('chunk_by_embedding'::regclass)"
        used = []
        for where in (EVERYWHERE, Filter("default")):
            plan = self.passages.plan(Search(CALLER, "?", 2, where), vector, model=model)
            with psycopg.connect(self.url) as connection:
                connection.execute("set enable_seqscan = off; set enable_sort = off")
                connection.execute(plan.statement, plan.parameters)
                used.append(connection.execute(scans).fetchall())
        return used == [[(1,)], [(1,)]]


@pytest.fixture
async def shorter(postgres: Postgres) -> AsyncIterator[Shorter]:
    """A new database whose index holds the first two numbers of eight."""
    name = f"shorter_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model=MODEL, dimension=DIMENSION, held="2")
    shorter = Shorter(url)
    yield shorter
    await shorter.database.close()
    postgres.drop_database(name)


SHORT = "hnsw (((subvector(embedding, 1, 2))::halfvec(2)) halfvec_cosine_ops)"
SIGNS = "hnsw (((binary_quantize(embedding))::bit(8)) bit_hamming_ops)"
WHOLE = "hnsw (embedding halfvec_cosine_ops)"
EAST = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
NEARLY_EAST = [0.9, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
EAST_AND_UP = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0]


async def test_the_whole_vectors_rank_what_the_index_finds(shorter: Shorter) -> None:
    """By its first two numbers the one that points up would be the nearest."""
    await shorter.add("a.txt", {"up": EAST_AND_UP, "near": NEARLY_EAST})

    assert await shorter.find(EAST) == ["near", "up"]
    assert (shorter.indexes(), shorter.uses_index(EAST)) == ([SHORT], True)


async def test_an_operator_has_something_else_indexed(shorter: Shorter) -> None:
    """The ranking stays, and each time the index is used; to ask for what is there already changes nothing."""
    await shorter.add("a.txt", {"up": EAST_AND_UP, "near": NEARLY_EAST})
    seen = []
    for wanted in ("whole", "whole", "4", "signs", "2", "100"):
        held = await shorter.reembedding.index(wanted)
        standing = await shorter.reembedding.standing()
        assert (await shorter.find(EAST), shorter.uses_index(EAST)) == (["near", "up"], True)
        seen.append((held, standing.held, shorter.indexes()))

    assert seen == [
        ("whole", "whole", [WHOLE]),
        ("whole", "whole", [WHOLE]),
        ("4", "4", [SHORT.replace("2", "4")]),
        ("signs", "signs", [SIGNS]),
        ("2", "2", [SHORT]),
        ("whole", "whole", [WHOLE]),
    ]


@pytest.mark.parametrize(("held", "preselected"), [("whole", (10, 100)), ("signs", (150, 200)), ("2", (150, 200))])
async def test_one_walk_through_the_graph_is_preselected(
    shorter: Shorter, held: str, preselected: tuple[int, int]
) -> None:
    """As many as `hnsw.ef_search` says, twice the candidates if that is more; whole vectors need no more than asked."""
    await shorter.reembedding.index(held)

    with psycopg.connect(shorter.url) as connection:
        found = connection.execute("select sluice_preselected(10), sluice_preselected(100)").fetchall()

    assert found == [preselected]


@pytest.mark.parametrize("left", ["embedding_other, 1, 4", "embedding, 1, 4", "embedding, 1, 3"])
async def test_what_an_earlier_try_left_behind_is_taken_over_only_where_it_fits(
    shorter: Shorter, left: LiteralString
) -> None:
    """It may be of other vectors, or of fewer numbers."""
    shorter.execute("alter table chunk drop column embedding_other, add column embedding_other halfvec(8)")
    shorter.execute(
        "create index chunk_by_embedding_next on chunk using hnsw "
        f"((subvector({left})::halfvec({left[-1]})) halfvec_cosine_ops)"
    )

    assert await shorter.reembedding.index("4") == "4"
    assert shorter.indexes() == [SHORT.replace("2", "4")]


async def test_another_model_brings_its_own_index_and_takes_it_back(shorter: Shorter) -> None:
    """The index goes with its vectors, and searches go by it."""
    await shorter.add("a.txt", {"up": EAST_AND_UP, "near": NEARLY_EAST})
    await shorter.reembedding.index("signs")
    _ = [step async for step in shorter.reembedding.migrate(OTHER)]
    _ = [step async for step in shorter.reembedding.switch()]
    switched = (await shorter.reembedding.standing()).held, shorter.uses_index([1.0, 0.0, 0.0, 0.0], OTHER)
    _ = [step async for step in shorter.reembedding.roll_back()]
    back = (await shorter.reembedding.standing()).held, shorter.uses_index(EAST)

    assert (switched, back) == (("2", True), ("signs", True))
    assert shorter.indexes() == [SIGNS, SHORT.replace("embedding,", "embedding_other,")]
    assert await shorter.find(EAST) == ["near", "up"]


@pytest.mark.parametrize("held", ["2", "signs"])
async def test_a_filter_that_hides_all_that_is_near_starves_nothing(shorter: Shorter, held: str) -> None:
    """What is seen lies farthest by what the index holds."""
    await shorter.reembedding.index(held)
    await shorter.add("many.txt", {f"many {number}": [1.0, number / 1000, *[0.5] * 6] for number in range(400)})
    few = await shorter.add("few.txt", {f"few {number}": [-1.0, 0.5, *[0.1 * number] * 6] for number in range(5)})
    shorter.execute("analyze")

    found = await shorter.find(EAST, limit=5, where=Filter(document_ids=(few.id,)))

    assert sorted(found) == [f"few {number}" for number in range(5)]


async def test_among_many_chunks_an_index_is_built_with_a_finer_graph(shorter: Shorter) -> None:
    """Also where what it holds is there already; what an operator has set stays."""
    await shorter.add("a.txt", {"up": EAST_AND_UP, "near": NEARLY_EAST})
    shorter.execute("update document set chunks = 300000")

    await shorter.reembedding.index("2")
    by_itself = shorter.indexes()
    shorter.execute("alter index chunk_by_embedding set (m = 32)")
    await shorter.reembedding.index("signs")

    assert by_itself == [f"{SHORT} WITH (m='24', ef_construction='128')"]
    assert shorter.indexes() == [f"{SIGNS} WITH (ef_construction='128', m='32')"]
    assert await shorter.find(EAST) == ["near", "up"]


async def test_a_database_that_is_there_keeps_its_index(shorter: Shorter) -> None:
    """A deploy with another setting builds nothing anew: that takes long, and is the operator's."""
    migrate(shorter.url, model=MODEL, dimension=DIMENSION, held="signs")

    assert shorter.indexes() == [SHORT]
