"""A document and a provider of embeddings that fails now and then: nothing is paid for twice, everything is booked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMEmbedder, library
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, Document, DocumentStatus, ObjectRef
from sluice.errors import DocumentUnfinished, EmbeddingModelMismatch, ModelError, ModelRateLimited, ModelRejected
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.testing.objects import InMemoryObjects, ScriptedParser
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.llm import upstream
from tests.llm.upstream import Reply, Upstream, embeddings, failure

PAGES = [f"Page {number} of the book." for number in range(12)]
CALLER = Caller()


async def no_time(_: float) -> None:
    """Take no time at all."""


class Embedder(LiteLLMEmbedder):
    """The real one, under the name of the model whose vectors the test's database holds."""

    @property
    def model(self) -> str:
        return EMBEDDING_MODEL


@dataclass
class World:
    """Ingestion into PostgreSQL with a provider over HTTP, which counts what it answered."""

    provider: Upstream
    documents: PostgresDocuments
    passages: PostgresPassages
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    answered: Counter[str] = field(default_factory=Counter)
    concurrency: int = 2
    handover_seconds: float = 0.0

    async def ingest(self, ref: ObjectRef, **options: Any) -> Document:
        options_of_model = {"api_base": self.provider.base, "api_key": "sk-x"}
        embedder = Embedder(
            "openai/embed", batch=2, concurrency=self.concurrency, options=options_of_model, sleep=no_time
        )
        tools = Tools(self.documents, ScriptedParser(), embedder)
        sizes = Sizes(1 << 20, 300, 0, embedding_batch=6, claim_seconds=60, handover_seconds=self.handover_seconds)
        ingesting = Ingesting(objects=self.objects, passages=self.passages, tools=tools, sizes=sizes)
        events = [event async for event in ingesting.ingest(CALLER, ref, **options)]
        assert isinstance(events[-1], IngestEnded)
        return events[-1].document

    def vectors(self, request: dict[str, Any]) -> Reply:
        """Two tokens a text."""
        self.answered.update(request["input"])
        directions = [[float(number + 1)] + [1.0] * (DIMENSION - 1) for number in range(len(request["input"]))]
        return embeddings(*directions, tokens=2 * len(request["input"]))

    async def book(self) -> ObjectRef:
        return await self.objects.write("book.txt", "\f".join(PAGES).encode())


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    async with upstream.running() as provider:
        documents = PostgresDocuments(database)
        yield World(provider, documents, PostgresPassages(database, model=EMBEDDING_MODEL))
        await library.close()


async def test_a_failure_in_the_middle_costs_nothing_twice(world: World) -> None:
    """What was embedded before it, and beside it, is stored; the next try asks for the rest, and the sum is right."""
    world.provider.answer = lambda request: failure(429) if PAGES[3] in request["input"] else world.vectors(request)
    ref = await world.book()

    with pytest.raises(ModelRateLimited):
        await world.ingest(ref)

    waiting = await world.documents.find(CALLER, ref.source)
    assert waiting
    assert (waiting.status, waiting.code) == (DocumentStatus.PENDING, "model_rate_limited")
    assert waiting.tokens == 2 * world.answered.total() > 0
    assert 0 < (waiting.done or 0) <= world.answered.total()
    world.provider.answer = world.vectors
    ready = await world.ingest(ref)
    assert (ready.status, ready.chunks, ready.tokens) == (DocumentStatus.READY, 12, 24)
    assert world.answered == Counter(PAGES)


async def test_tries_within_a_request_are_booked_once(world: World) -> None:
    """Every request fails once before it is answered."""
    seen: set[str] = set()

    def at_second_sight(request: dict[str, Any]) -> Reply:
        first = request["input"][0]
        if first in seen:
            return world.vectors(request)
        seen.add(first)
        return failure(503)

    world.provider.answer = at_second_sight

    document = await world.ingest(await world.book())

    assert (document.status, document.tokens) == (DocumentStatus.READY, 24)


async def test_one_text_that_no_model_takes_does_not_make_the_others_be_paid_again(world: World) -> None:
    """Each try fails with the reason, in few requests; the last one fails the document, and none goes on for ever."""
    world.concurrency = 1
    world.provider.answer = lambda request: failure(400) if PAGES[3] in request["input"] else world.vectors(request)
    ref = await world.book()

    for last_try in (False, False, True):
        with pytest.raises(ModelRejected):
            await world.ingest(ref, last_try=last_try)

    document = await world.documents.find(CALLER, ref.source)
    assert document
    assert (document.status, document.code) == (DocumentStatus.FAILED, "model_rejected")
    assert max(world.answered.values()) == 1
    assert len(world.provider.requests) < 20


async def test_a_provider_that_answers_too_late_leaves_the_rest_to_the_next_invocation(world: World) -> None:
    """The invocation ends with a word while there is time for it, although the model still thinks."""
    never = asyncio.Event()
    world.provider.answer = lambda _: Reply(steps=[never])
    world.handover_seconds = 0.4
    ref = await world.book()

    with pytest.raises(DocumentUnfinished):
        await world.ingest(ref, seconds=0.6)

    waiting = await world.documents.find(CALLER, ref.source)
    assert waiting
    assert waiting.status is DocumentStatus.PENDING
    world.provider.answer = world.vectors
    assert (await world.ingest(ref)).status is DocumentStatus.READY


async def test_vectors_of_another_length_are_not_stored(world: World) -> None:
    """The operator is told; the next try, with the right ones, succeeds."""
    world.provider.answer = lambda request: embeddings(*[[1.0, 2.0]] * len(request["input"]))
    ref = await world.book()

    with pytest.raises(EmbeddingModelMismatch):
        await world.ingest(ref)

    world.provider.answer = world.vectors
    assert (await world.ingest(ref)).status is DocumentStatus.READY


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers={"content-type": "text/html"}, steps=[b"<html>Sign in to the network</html>"]),
        Reply(headers={"content-type": "application/json"}, steps=[b"{}"]),
        Reply(headers={"content-type": "application/json"}, steps=[b"null"]),
        Reply(headers={"content-type": "application/json"}, steps=[b'{"data": 7}']),
        embeddings([1.0] * DIMENSION),
    ],
)
async def test_an_answer_that_is_none_leaves_a_reason_behind(world: World, reply: Reply) -> None:
    """Whatever stands between us and the model answers: the document waits and says why."""
    world.provider.answer = lambda _: reply
    ref = await world.book()

    with pytest.raises(ModelError):
        await world.ingest(ref)

    waiting = await world.documents.find(CALLER, ref.source)
    assert waiting
    assert (waiting.status, bool(waiting.reason)) == (DocumentStatus.PENDING, True)
