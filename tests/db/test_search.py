"""Search on a real PostgreSQL with pgvector."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Block, Caller, Chunk, Document, Filter, ObjectRef, ParsedDocument, Passage, Search, Weights
from sluice.errors import DatabaseUnavailable, EmbeddingModelMismatch, InvalidInput
from sluice.testing.models import HashEmbedder
from tests.conftest import DIMENSION, EMBEDDING_MODEL

CALLER = Caller("acme")
EVERYWHERE = Filter()
EMBEDDER = HashEmbedder(DIMENSION, EMBEDDING_MODEL)


class Library:
    """Documents of one text a chunk, and a search over them."""

    def __init__(self, database: Database) -> None:
        self.documents = PostgresDocuments(database)
        self.passages = PostgresPassages(database, model=EMBEDDING_MODEL)

    async def add(self, key: str, *texts: str, caller: Caller = CALLER, etag: str = "1") -> Document:
        document = await self.documents.claim(caller, ObjectRef("b", key, etag), lease_seconds=60)
        assert document is not None
        parsed = ParsedDocument("text", tuple(Block(text) for text in texts), title=key)
        chunks = [Chunk(number, text, 0, len(text), page=number + 1) for number, text in enumerate(texts)]
        vectors = await EMBEDDER.embed(texts, purpose="document")
        return await self.documents.store(caller, document, parsed, chunks, vectors, model=EMBEDDING_MODEL)

    async def find(
        self, query: str, *, limit: int = 10, where: Filter = EVERYWHERE, caller: Caller = CALLER
    ) -> list[str]:
        [vector] = await EMBEDDER.embed([query], purpose="query")
        found = await self.passages.search(Search(caller, query, limit, where), vector)
        return [passage.content for passage in found]


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database)


async def test_a_passage_says_where_it_stands(library: Library) -> None:
    """Everything that a citation needs comes with it."""
    document = await library.add("sea/whales.txt", "Seals bark.", "Blue whales eat krill.")
    [vector] = await EMBEDDER.embed(["blue whales eat krill"], purpose="query")

    found = await library.passages.search(Search(CALLER, "blue whales eat krill", 1), vector)

    [passage] = found
    assert (passage.document_id, passage.source, passage.title) == (
        document.id,
        "s3://b/sea/whales.txt",
        "sea/whales.txt",
    )
    assert (passage.content, passage.page, passage.start, passage.end) == ("Blue whales eat krill.", 2, 0, 22)
    assert passage.similarity == pytest.approx(1.0, abs=0.01)
    assert passage.score == pytest.approx(1.0, abs=0.01)


async def test_words_that_were_looked_up_ahead_make_no_difference(library: Library) -> None:
    """The same passages with the same scores, whether one statement does it all or two."""
    await library.add("sea.txt", *[f"Whale {number} eats {number} tons of krill." for number in range(60)])
    search = Search(CALLER, "how much krill eats whale 7", 5)
    [vector] = await EMBEDDER.embed([search.query], purpose="query")

    looked_up = await library.passages.look_up(search)
    found = await library.passages.search(search, vector, looked_up=looked_up)

    assert looked_up is not None
    assert len(looked_up.ids) == 50
    assert found == await library.passages.search(search, vector)


async def test_what_was_looked_up_is_found_only_where_it_may_still_be_seen(library: Library) -> None:
    """It may be gone since then, and it is no way around the tenant or the filter."""
    document = await library.add("sea.txt", "Blue whales eat krill.")
    [vector] = await EMBEDDER.embed(["krill"], purpose="query")
    looked_up = await library.passages.look_up(Search(CALLER, "krill", 5))

    async def find(caller: Caller, where: Filter) -> list[Passage]:
        return await library.passages.search(Search(caller, "krill", 5, where), vector, looked_up=looked_up)

    seen = [await find(CALLER, EVERYWHERE), await find(Caller("other"), EVERYWHERE), await find(CALLER, Filter("x"))]
    await library.documents.delete(CALLER, document.id)

    assert [len(found) for found in [*seen, await find(CALLER, EVERYWHERE)]] == [1, 0, 0, 0]


async def test_nothing_is_looked_up_where_words_count_for_nothing(database: Database) -> None:
    passages = PostgresPassages(database, model=EMBEDDING_MODEL, weights_of=lambda _: Weights(1, 0))

    assert await passages.look_up(Search(CALLER, "krill", 5)) is None


async def test_a_rare_word_is_found_by_the_lexical_leg(library: Library) -> None:
    """A name that the embedding blurs is still found by its letters, in another form."""
    await library.add("a.txt", *[f"Filler number {number} about nothing much" for number in range(30)])
    await library.add("b.txt", "The Hjalmarson protocols are described here")

    assert (await library.find("hjalmarson protocol"))[0] == "The Hjalmarson protocols are described here"


async def test_asking_for_ten_under_a_filter_that_matches_ten_returns_ten(library: Library) -> None:
    """The index is scanned until enough rows pass the filter."""
    await library.add("many/big.txt", *[f"whale number {number}" for number in range(1500)])
    await library.add("few/small.txt", *[f"seal number {number}" for number in range(10)])

    assert len(await library.find("whale number 7", where=Filter("few"))) == 10


async def test_documents_can_be_named(library: Library) -> None:
    """A search within one document sees no other."""
    await library.add("a.txt", "whales of a")
    wanted = await library.add("b.txt", "whales of b")

    assert await library.find("whales", where=Filter(document_ids=(wanted.id,))) == ["whales of b"]


async def test_another_tenant_finds_nothing(library: Library) -> None:
    """Neither by meaning nor by words, nor by naming the document."""
    document = await library.add("a.txt", "secret whales")

    stranger = Caller("other")
    assert await library.find("secret whales", caller=stranger) == []
    assert await library.find("secret whales", caller=stranger, where=Filter(document_ids=(document.id,))) == []


async def test_readers_see_the_new_version_and_nothing_of_the_old(library: Library) -> None:
    """Re-ingested bytes replace what was there, under the same document."""
    old = await library.add("a.txt", "whales then", etag="1")
    new = await library.add("a.txt", "whales now", etag="2")

    assert new.id == old.id
    assert await library.find("whales") == ["whales now"]


@pytest.mark.parametrize("query", ["the of and", "🐋🐋", "'); drop table chunk; --", "a & | ! <-> b:*", "\\", "日本語"])
async def test_any_text_is_a_query(library: Library, query: str) -> None:
    """Stop words, emoji and syntax are only words; the dense leg answers."""
    await library.add("a.txt", "whales")

    assert await library.find(query) == ["whales"]


@pytest.mark.parametrize("vector", [[], [math.nan] * DIMENSION, [math.inf] * DIMENSION])
async def test_a_vector_that_is_none_is_refused(library: Library, vector: list[float]) -> None:
    """What a broken model returns does not reach the database."""
    with pytest.raises(InvalidInput):
        await library.passages.search(Search(CALLER, "q", 1), vector)


async def test_a_vector_of_another_length_is_the_model_s_fault(library: Library) -> None:
    """Not that of the question, which whoever asked could mend."""
    await library.add("a.txt", "whales")

    with pytest.raises(EmbeddingModelMismatch, match=rf"\({DIMENSION + 1} dimensions\) is configured"):
        await library.passages.search(Search(CALLER, "whales", 1), [0.5] * (DIMENSION + 1))


@pytest.mark.parametrize("query", ["whales\x00", "whales\ud800"])
async def test_text_that_postgresql_can_not_hold_is_refused(library: Library, query: str) -> None:
    """A NUL is not text there, nor is half a surrogate pair; the next search works."""
    [vector] = await EMBEDDER.embed(["whales"], purpose="query")
    with pytest.raises(InvalidInput):
        await library.passages.search(Search(CALLER, query, 1), vector)

    assert await library.find("whales") == []


@pytest.fixture
def impatient(postgres: Postgres, database_url: str) -> Iterator[psycopg.Connection]:
    """A session of its own in the test's database, where statements of the functions' new sessions have 200 ms."""
    name = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        connection.execute(f"alter role sluice in database {name} set statement_timeout = 200")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
            [name],
        )
        yield connection


async def assert_ended(search: Awaitable[object], connection: psycopg.Connection) -> None:
    """It fails as what may be tried again, and leaves no session that still does something or holds a transaction."""
    with pytest.raises(DatabaseUnavailable, match="took too long") as ended:
        await search

    assert (ended.value.code, ended.value.retryable) == ("database_unavailable", True)
    busy = connection.execute(
        "select state, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend' and state <> 'idle'"
    )
    assert busy.fetchall() == []


@pytest.mark.parametrize("hides", [False, True])
async def test_a_search_that_waits_too_long_is_ended(
    library: Library, impatient: psycopg.Connection, hides: bool
) -> None:
    """Behind a lock, also under a filter that hides all; once that is gone its connection does the next search."""
    await library.add("a.txt", *[f"whale {number}" for number in range(50)])
    where = Filter("other" if hides else "default")

    with impatient.transaction():
        impatient.execute("lock table chunk in access exclusive mode")
        await assert_ended(library.find("whale", where=where), impatient)

    assert len(await library.find("whale", where=where)) == (0 if hides else 10)


@pytest.mark.parametrize("ahead", [False, True])
async def test_a_search_that_works_too_long_is_ended(
    library: Library, impatient: psycopg.Connection, ahead: bool
) -> None:
    """Where comparing takes forever, in the search itself or in the look-up of its words."""
    await library.add("a.txt", *[f"whale {number}" for number in range(50)])
    [vector] = await EMBEDDER.embed(["whale"], purpose="query")
    whale = Search(CALLER, "whale", 1)
    look_up, search = library.passages.look_up(whale), library.passages.search(whale, vector)
    first, other = (look_up, search) if ahead else (search, look_up)

    impatient.execute(
        "alter function sluice_question rename to sluice_question_at_once;"
        " create function sluice_question("
        "    text, text, text, text, float8, out wanted tsquery, out weights sparsevec"
        " ) language sql volatile as"
        " $$ select asked.* from pg_sleep(60), sluice_question_at_once($1, $2, $3, $4, $5) as asked $$"
    )
    await assert_ended(first, impatient)

    impatient.execute("drop function sluice_question; alter function sluice_question_at_once rename to sluice_question")
    assert await other


async def test_vectors_of_another_model_are_not_compared(database: Database) -> None:
    """The search says what to do instead."""
    passages = PostgresPassages(database, model="other/model")

    with pytest.raises(EmbeddingModelMismatch, match="Set SLUICE_EMBEDDING_MODEL back"):
        await passages.search(Search(CALLER, "q", 1), [1.0] * DIMENSION)


async def test_vectors_of_another_model_are_not_stored(database: Database) -> None:
    """The document keeps its claim, and no chunk is written."""
    documents = PostgresDocuments(database)
    document = await documents.claim(CALLER, ObjectRef("b", "a.txt", "1"), lease_seconds=60)
    assert document is not None
    parsed, chunk = ParsedDocument("text", (Block("t"),)), Chunk(0, "t", 0, 1)

    with pytest.raises(EmbeddingModelMismatch):
        await documents.store(CALLER, document, parsed, [chunk], [[1.0, 0.0]], model="other/model")

    assert await database.fetch("select count(*) from chunk") == [{"count": 0}]
