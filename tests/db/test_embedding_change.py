"""Another embedding model on a real PostgreSQL, while questions are asked and documents come in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, Literal, LiteralString

import pytest

from local.postgres import Postgres
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.postgres.credentials import by_password
from sluice.adapters.postgres.database import Database, Parameters
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.embedding_change import PostgresEmbeddingChange
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.adapters.postgres.spaces import PostgresSpaces
from sluice.domain import Caller, Search, Vector, Weights
from sluice.embedding import SpaceEmbedder
from sluice.errors import EmbeddingChangeRefused, EmbeddingModelMismatch, ModelUnavailable
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.reembedding import Filled, Reembedding
from sluice.searching import Searching
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.parsing import InProcessParser

CALLER = Caller()
NEW = "test/other"
SAME = "test/as-long"


class Backwards(HashEmbedder):
    """Vectors of as many numbers as another's, and of another meaning."""

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:
        return [vector[::-1] for vector in await super().embed(texts, purpose=purpose)]


class World:
    """One database as the chat function, the ingest function and the operator see it."""

    def __init__(self, database: Database, url: str) -> None:
        self.database = database
        self.embedders = {
            EMBEDDING_MODEL: HashEmbedder(DIMENSION, EMBEDDING_MODEL),
            NEW: HashEmbedder(24, NEW),
            SAME: Backwards(DIMENSION, SAME),
        }
        self.passages = PostgresPassages(database, model=EMBEDDING_MODEL)
        self.searching = Searching(
            embedder=self.embedders[EMBEDDING_MODEL], passages=self.passages, embedder_of=self.embedders.__getitem__
        )
        self.objects = InMemoryObjects()
        spaces = PostgresSpaces(database, model=EMBEDDING_MODEL)
        embedder = SpaceEmbedder(model=EMBEDDING_MODEL, spaces=spaces, embedder_of=self.embedders.__getitem__)
        parser = InProcessParser(Limits(bytes=20_000, pages=10, characters=100_000))
        self.ingesting = Ingesting(
            objects=self.objects,
            passages=self.passages,
            tools=Tools(PostgresDocuments(database), parser, embedder),
            sizes=Sizes(20_000, chunk_characters=200, chunk_overlap=20, embedding_batch=8, claim_seconds=60),
        )
        self.direct_url = url
        self.change = PostgresEmbeddingChange(database, by_password(url))
        self.reembedding = Reembedding(self.change, self.embedders.__getitem__, page=7, batch=3)

    async def add(self, name: str, text: str) -> None:
        ref = await self.objects.write(name, text.encode())
        events = [event async for event in self.ingesting.ingest(CALLER, ref)]
        assert events

    async def find(self, query: str) -> list[tuple[str, float]]:
        """Return what a search finds, with the cosine to its vector."""
        found = await self.searching.search(Search(CALLER, query, 3))
        return [(passage.content, round(passage.similarity, 2)) for passage in found.passages]

    async def migrate(self, to: str = NEW) -> list[Filled]:
        return [step async for step in self.reembedding.migrate(to)]

    async def switch(self) -> list[Filled]:
        return [step async for step in self.reembedding.switch()]

    async def roll_back(self) -> list[Filled]:
        return [step async for step in self.reembedding.roll_back()]

    async def missing(self) -> int:
        return (await self.reembedding.standing()).missing


@pytest.fixture
async def world(database: Database, database_url: str, postgres: Postgres) -> World:
    """Five documents; what takes long goes to the database itself, and all else through the pooler."""
    port = database_url.rpartition(":")[2].partition("/")[0]
    world = World(database, database_url.replace(f":{port}/", f":{postgres.port}/"))
    for number in range(5):
        await world.add(f"{number}.txt", f"Whale number {number} eats krill.")
    return world


async def test_a_change_begins_beside_the_search(world: World) -> None:
    """Until the switch everybody searches by the old vectors."""
    steps = await world.migrate()

    standing = await world.reembedding.standing()
    found = await world.find("Whale number 3 eats krill.")
    assert (standing.space.model, standing.space.other) == (EMBEDDING_MODEL, NEW)
    assert (standing.chunks, standing.missing, standing.indexed) == (5, 0, True)
    assert (steps[-1].done, steps[-1].usage.tokens) == (5, 25)
    assert (found[0], world.embedders[NEW].purposes.count("query")) == (("Whale number 3 eats krill.", 1.0), 0)


async def test_after_the_switch_searches_go_by_the_new_vectors(world: World) -> None:
    """In functions that are still configured with the old model, too, and without an error between."""
    await world.migrate()
    await world.switch()

    found = await world.find("Whale number 3 eats krill.")

    assert found[0] == ("Whale number 3 eats krill.", 1.0)
    assert world.embedders[NEW].purposes[-1] == "query"
    assert (await world.reembedding.standing()).space.switched


async def test_meaning_and_words_are_weighed_for_the_model_that_is_searched(world: World) -> None:
    """A weak model's weights go with its vectors, whatever the function is configured with."""
    by_words, by_meaning = Weights(0, 1), Weights(1, 0)
    passages = PostgresPassages(
        world.database,
        model=EMBEDDING_MODEL,
        weights_of=lambda model: by_words if model == EMBEDDING_MODEL else by_meaning,
    )
    searching = Searching(
        embedder=world.embedders[EMBEDDING_MODEL], passages=passages, embedder_of=world.embedders.__getitem__
    )
    before = await searching.search(Search(CALLER, "seals", 3))
    await world.migrate()
    await world.switch()

    after = await searching.search(Search(CALLER, "seals", 3))

    assert (len(before.passages), len(after.passages)) == (0, 3)


async def test_the_way_back_is_open_until_the_old_vectors_are_dropped(world: World) -> None:
    """Also for documents that came after the switch."""
    await world.migrate()
    await world.switch()
    await world.add("late.txt", "Seals bark.")
    await world.roll_back()

    found = await world.find("Seals bark.")
    space = (await world.reembedding.standing()).space

    assert (space.model, space.other, space.switched) == (EMBEDDING_MODEL, NEW, False)
    assert found[0] == ("Seals bark.", 1.0)
    await world.reembedding.drop()
    with pytest.raises(EmbeddingChangeRefused, match="nothing to switch to"):
        await world.switch()


async def test_after_the_end_another_change_can_begin(world: World) -> None:
    """Also to a model with as many dimensions, where only the names tell the vectors apart."""
    await world.migrate()
    await world.switch()
    await world.reembedding.drop()
    await world.migrate(SAME)
    await world.switch()

    assert (await world.find("Whale number 3 eats krill."))[0] == ("Whale number 3 eats krill.", 1.0)
    assert world.embedders[SAME].purposes[-1] == "query"


async def test_new_chunks_get_both_vectors_while_a_change_is_under_way(world: World) -> None:
    """And so does what is taken over from an older version of the document."""
    await world.migrate()

    await world.add("new.txt", "Seals bark.")
    await world.add("new.txt", "Seals bark.\n\n" + "Walruses whistle. " * 20)

    assert await world.missing() == 0


async def test_a_new_model_that_fails_does_not_keep_documents_out(world: World) -> None:
    """They get its vectors before the switch."""
    await world.migrate()
    world.embedders[NEW].failures.append(ModelUnavailable())
    await world.add("new.txt", "Seals bark.")
    before = await world.missing()

    await world.switch()

    assert (before, await world.missing()) == (1, 0)
    assert (await world.find("Seals bark."))[0] == ("Seals bark.", 1.0)


async def test_a_change_that_broke_off_goes_on(world: World) -> None:
    """No chunk is embedded again."""
    world.embedders[NEW].fail_after(1, ModelUnavailable())
    with pytest.raises(ModelUnavailable):
        await world.migrate()
    embedded_before = [text for text in world.embedders[NEW].texts if text.startswith("Whale")]

    await world.migrate()

    embedded = [text for text in world.embedders[NEW].texts if text.startswith("Whale")]
    assert (len(embedded_before), len(embedded), len(set(embedded))) == (3, 5, 5)
    assert await world.missing() == 0


async def test_one_change_at_a_time(world: World) -> None:
    """And none to where the search is already."""
    await world.migrate()

    with pytest.raises(EmbeddingChangeRefused, match="sluice embeddings drop"):
        await world.migrate(SAME)
    with pytest.raises(EmbeddingChangeRefused, match="already"):
        await world.migrate(EMBEDDING_MODEL)


async def test_a_model_that_was_never_filled_in_is_still_refused(world: World) -> None:
    """A typing error in the setting must not look like a switch."""
    await world.migrate()
    await world.switch()

    with pytest.raises(EmbeddingModelMismatch):
        await PostgresPassages(world.database, model="test/typo").check_model()
    await PostgresPassages(world.database, model=NEW).check_model()
    await PostgresPassages(world.database, model=EMBEDDING_MODEL).check_model()


@pytest.mark.parametrize("model", [NEW, SAME])
async def test_readers_and_writers_notice_nothing(world: World, model: str) -> None:
    """Questions and documents all the while, there and back, by any index: no error, and no vector beside another's."""
    done, asked, added = asyncio.Event(), count(), count()

    async def ask() -> None:
        while not done.is_set():
            text = f"Whale number {next(asked) % 5} eats krill."
            assert (await world.find(text))[0] == (text, 1.0)

    async def add() -> None:
        while not done.is_set():
            await world.add(f"new/{(number := next(added))}.txt", f"Seal number {number} barks.")

    async def change() -> None:
        try:
            await world.reembedding.index("signs")
            await world.migrate(model)
            await world.switch()
            await world.reembedding.index("4")
            await world.roll_back()
            await world.switch()
        finally:
            done.set()

    await asyncio.gather(ask(), ask(), add(), change())

    standing = await world.reembedding.standing()
    assert (standing.space.model, standing.missing, standing.chunks) == (model, 0, 5 + next(added))
    assert next(asked) > 10


@pytest.mark.parametrize("statements", [1, 2, 3])
async def test_a_search_finds_all_the_same_when_the_old_model_comes_back_in_its_midst(
    world: World, monkeypatch: pytest.MonkeyPatch, statements: int
) -> None:
    """Whichever of its statements was the last before: what has found nothing may be what was asked in between."""
    await world.migrate(SAME)
    await world.switch()
    fetch, ran = world.database.fetch, count(1)

    async def fetch_and_roll_back(statement: LiteralString, parameters: Parameters | None = None) -> list[Any]:
        rows = await fetch(statement, parameters)
        if next(ran) == statements:
            monkeypatch.undo()
            await world.roll_back()
        return rows

    monkeypatch.setattr(world.database, "fetch", fetch_and_roll_back)

    assert (await world.find("Whale number 3 eats krill."))[0] == ("Whale number 3 eats krill.", 1.0)
    assert not (await world.reembedding.standing()).space.switched


class Interrupted(Exception):
    """The operator's machine is gone."""


class Fragile(PostgresEmbeddingChange):
    """Breaks off after so many calls of the database, once their effect is there."""

    left = 0

    async def _fetch(self, name: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        rows = await super()._fetch(name, parameters)
        self._count()
        return rows

    async def _run_long(self, statement: LiteralString) -> None:
        await super()._run_long(statement)
        self._count()

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted


async def test_a_change_that_breaks_off_anywhere_can_be_run_again(world: World) -> None:
    """After each of its steps, from its first to its last."""
    fragile = Fragile(world.database, by_password(world.direct_url))
    world.reembedding = Reembedding(fragile, world.embedders.__getitem__, page=7, batch=3)

    async def until_done(work: Callable[[], Awaitable[object]]) -> int:
        for calls in count():
            fragile.left = calls
            try:
                await work()
            except Interrupted:
                assert (await world.find("Whale number 3 eats krill."))[0] == ("Whale number 3 eats krill.", 1.0)
                continue
            return calls
        raise AssertionError

    assert await until_done(world.migrate) > 5
    assert await until_done(world.switch) > 5
    fragile.left = 100
    standing = await world.reembedding.standing()
    assert (standing.space.model, standing.missing, standing.indexed) == (NEW, 0, True)
