"""A search whose passages are ranked anew, and what is left of it when that fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from sluice.answering import Answering
from sluice.domain import Caller, Passage, Search, Usage, uuid7
from sluice.errors import ModelError, ModelRateLimited
from sluice.events import SourcesFound, StatusChanged
from sluice.measuring import Measured, MeasuredDocument, measure
from sluice.question import Limits, Question
from sluice.reranking import Reranking
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Found, Searching
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages
from sluice.testing.reranking import WordReranker

CALLER = Caller("acme")
SEAL = Passage(uuid7(), uuid7(), "s3://b/seals.txt", "Seals", "Seals bark.", 0, 11, score=0.9, similarity=0.8)
WHALE = replace(SEAL, chunk_id=uuid7(), title="Whales", content="eat krill", heading="Blue whales", score=0.5)


class World:
    """A search that finds the seal before the whale."""

    def __init__(self, *, seconds: float = 60) -> None:
        self.reranker = WordReranker()
        self.passages = ScriptedPassages([SEAL, WHALE])
        self.booked: list[tuple[str, Usage]] = []
        reranking = Reranking(self.reranker, candidates=30, seconds=seconds)
        self.searching = Searching(embedder=HashEmbedder(), passages=self.passages, reranking=reranking)

    async def search(self, limit: int = 2) -> Found:
        async def book(model: str, usage: Usage) -> None:
            self.booked.append((model, usage))

        return await self.searching.search(Search(CALLER, "blue whales eat", limit), book=book)


async def test_passages_come_in_the_order_of_the_model() -> None:
    """It reads their headings, too; its relevance is their score, and its time a stage."""
    world = World()

    found = await world.search()

    assert found.passages == [replace(WHALE, score=1.0), replace(SEAL, score=0.0)]
    assert (found.unranked, list(found.timing)) == (None, ["embed", "search", "rerank"])
    assert world.reranker.asked == [("blue whales eat", ["Seals bark.", "Blue whales\neat krill"])]


async def test_more_is_searched_for_than_is_returned() -> None:
    """What the search puts on the tenth place may be the best."""
    world = World()

    found = await world.search(limit=1)

    assert ([searched.limit for searched in world.passages.searched], len(found.passages)) == ([30], 1)


async def test_what_it_took_is_booked() -> None:
    """Under the name of the model, after what embedding took."""
    world = World()

    await world.search()

    assert world.booked[1:] == [("test/words", Usage(cost=0.001))]
    assert world.booked[0][0] == "test/hash"


async def test_a_model_that_fails_leaves_the_search_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """The reader gets an answer, the operator a line in the log."""
    world = World()
    world.reranker.failures.append(ModelRateLimited())

    found = await world.search(limit=1)

    assert (found.passages, found.unranked) == ([SEAL], "model_rate_limited")
    assert "was not ranked anew" in caplog.text


async def test_a_model_that_takes_too_long_is_not_waited_for() -> None:
    """It has a limit of its own, since it stands between a question and its first word."""
    world = World(seconds=0.01)
    world.reranker.gate = asyncio.Event()

    found = await world.search()

    assert (found.passages, found.unranked) == ([SEAL, WHALE], "model_unavailable")


def test_without_a_model_nothing_of_it_is_loaded() -> None:
    """Off is the default and costs nothing."""
    program = (
        "import sys; from sluice import bootstrap; bootstrap.searching(); "
        "print([name for name in sys.modules if 'rerank' in name or name == 'litellm'])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


async def test_without_a_model_a_search_has_no_such_stage() -> None:
    """Nor does it look for more than was asked for."""
    passages = ScriptedPassages([SEAL, WHALE])
    searching = Searching(embedder=HashEmbedder(), passages=passages)

    found = await searching.search(Search(CALLER, "whales", 1))

    assert (list(found.timing), passages.searched[0].limit) == (["embed", "search"], 1)


class Answers:
    """The `Metrics` as a list of answers."""

    def __init__(self) -> None:
        self.answers: list[Measured] = []

    def add(self, measured: Measured) -> None:
        self.answers.append(measured)

    def add_document(self, measured: MeasuredDocument) -> None:
        raise AssertionError(f"no document was expected: {measured}")


@pytest.mark.parametrize("failures", [[], [ModelRateLimited()]])
async def test_an_answer_says_whether_its_passages_were_ranked_anew(failures: list[ModelError]) -> None:
    """As a status for its reader, as a metric for the operator; the stage is one of its timing either way."""
    world, model, metrics = World(), ScriptedModel(), Answers()
    world.reranker.failures.extend(failures)
    model.enqueue("Krill.")
    answering = Answering(
        retrieving=Retrieving(world.searching, Rewriter()),
        chat_model=model,
        conversations=InMemoryConversations(),
        limits=Limits(passages=1),
    )

    events = await answering.open(CALLER, Question("What do blue whales eat?"))
    seen = [event async for event in measure(events, metrics, auth_ms=0)]

    statuses = [StatusChanged("unranked", reason=failure.code) for failure in failures]
    sources = [[source.title for source in event.sources] for event in seen if isinstance(event, SourcesFound)]
    assert [event for event in seen if isinstance(event, StatusChanged)] == statuses
    assert sources == [["Seals" if failures else "Whales"]]
    assert [("rerank" in each.timing, each.unranked) for each in metrics.answers] == [(True, bool(failures))]


async def test_loading_the_models_library_is_no_silence_of_the_model() -> None:
    """A cold start's search is ranked anew, however short the time for it."""
    world = World(seconds=1e-9)
    world.reranker.loading = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, world.reranker.loading.set)

    found = await world.search()

    assert (found.unranked, [passage.title for passage in found.passages]) == (None, ["Whales", "Seals"])
