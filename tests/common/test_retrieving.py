"""What is searched for, and what waits for what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest

from sluice.domain import Caller, Message, Role, Search, Usage, Vector, uuid7
from sluice.errors import ConversationNotFound, ModelUnavailable
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Found, Searching
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages
from sluice.waking import Waking

CALLER = Caller("acme")
COMPLETE = "How long does an asphalt driveway last in a cold climate?"
PATH = [Message(uuid7(), Role.USER, "What do blue whales eat?"), Message(uuid7(), Role.ASSISTANT, "Krill.")]
REWRITTEN = "How do blue whales find krill?"


class WatchedEmbedder(HashEmbedder):
    """Tells when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:
        self.asked.set()
        return await super().embed(texts, purpose=purpose)


class World:
    """Retrieving with fakes; the conversation is known once `known` is set."""

    def __init__(self) -> None:
        self.embedder = WatchedEmbedder()
        self.passages = ScriptedPassages([])
        self.model = ScriptedModel()
        self.known = asyncio.Event()
        self.retrieving = Retrieving(Searching(embedder=self.embedder, passages=self.passages), Rewriter(self.model))

    async def find(self, text: str, *, follows: bool = True, kept: str | None = None) -> Found:
        async def placed() -> tuple[str, Sequence[Message]]:
            await self.known.wait()
            return kept or text, PATH

        async def book(model: str, usage: Usage) -> None:
            pass

        return await self.retrieving.find(
            Search(CALLER, text, 8), placed, follows=follows, waking=Waking(limit=0), book=book
        )

    @property
    def queries(self) -> list[str]:
        return [searched.query for searched in self.passages.searched]


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(("text", "follows"), [("Why?", False), (COMPLETE, True)])
async def test_what_needs_no_conversation_waits_for_none(world: World, text: str, follows: bool) -> None:
    """The first question, and one that stands alone: the history, which is not known here, is never asked for."""
    found = await world.find(text, follows=follows)

    assert (world.queries, sorted(found.timing)) == ([text], ["embed", "search"])


async def test_a_follow_up_is_searched_as_it_was_completed(world: World) -> None:
    """The time that took is told."""
    world.known.set()
    world.model.enqueue(REWRITTEN)

    found = await world.find("How do they find it?")

    assert (world.queries, sorted(found.timing)) == ([REWRITTEN], ["embed", "rewrite", "search"])


async def test_the_question_is_embedded_while_its_conversation_is_loaded(world: World) -> None:
    """When it is the query in the end, its vector is there and not made again."""
    finding = asyncio.create_task(world.find("Why?"))
    await world.embedder.asked.wait()
    world.model.enqueue("Why?")
    world.known.set()

    await finding

    assert (world.queries, world.embedder.texts) == (["Why?"], ["Why?"])


async def test_a_question_that_is_asked_again_is_completed_too(world: World) -> None:
    """Only the database knows its words."""
    world.known.set()
    world.model.enqueue(REWRITTEN)

    await world.find("", kept="How do they find it?")

    assert (world.queries, world.embedder.texts) == ([REWRITTEN], [REWRITTEN])


async def test_a_vector_that_is_not_needed_may_fail(world: World) -> None:
    """The next one did not."""
    world.embedder.fail_after(0, ModelUnavailable())
    finding = asyncio.create_task(world.find("How do they find it?"))
    await world.embedder.asked.wait()
    world.model.enqueue(REWRITTEN)
    world.known.set()

    await finding

    assert world.queries == [REWRITTEN]


async def test_a_conversation_that_is_not_there_is_told(world: World) -> None:
    """Nothing is searched."""

    async def placed() -> tuple[str, Sequence[Message]]:
        raise ConversationNotFound

    async def book(model: str, usage: Usage) -> None:
        pass

    with pytest.raises(ConversationNotFound):
        await world.retrieving.find(Search(CALLER, "Why?", 8), placed, follows=True, waking=Waking(limit=0), book=book)
    assert world.queries == []
