"""A search, whose words are looked up while the vector is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sluice.domain import Caller, Passage, Search, uuid7
from sluice.errors import DatabaseUnavailable, ModelUnavailable, SluiceError
from sluice.ports import Embeddings, LookedUp
from sluice.searching import Searching
from sluice.testing.models import HashEmbedder

KRILL = Search(Caller(), "krill", 1)
WORDS = LookedUp([uuid7()], [-1.0], "{1:1}/10")


@dataclass
class Passages:
    """Keeps what its searches were given beside the query."""

    failure: SluiceError | None = None
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    given: list[LookedUp | None] = field(default_factory=list)

    async def look_up(self, *_: Any, **__: Any) -> LookedUp | None:
        self.has_begun.set()
        if self.failure:
            raise self.failure
        return WORDS

    async def search(self, *_: Any, looked_up: LookedUp | None = None, **__: Any) -> list[Passage]:
        self.given.append(looked_up)
        return []


class Slow(HashEmbedder):
    """Makes no vector before the words are being looked up."""

    def __init__(self, passages: Passages) -> None:
        super().__init__()
        self._passages = passages

    async def embed_query(self, text: str) -> Embeddings:
        await self._passages.has_begun.wait()
        return await super().embed_query(text)


async def test_words_are_looked_up_while_the_vector_is_made() -> None:
    passages = Passages()

    await Searching(embedder=Slow(passages), passages=passages).search(KRILL)

    assert passages.given == [WORDS]


class Sending(HashEmbedder):
    """Sends a request as an HTTP client does, in a task of its own."""

    def __init__(self, passages: Passages) -> None:
        super().__init__()
        self._passages = passages
        self.was_first = False

    async def embed_query(self, text: str) -> Embeddings:
        await asyncio.create_task(self._send())
        return await super().embed_query(text)

    async def _send(self) -> None:
        self.was_first = not self._passages.has_begun.is_set()


async def test_the_vector_is_asked_for_before_the_words_are_looked_up() -> None:
    """Its way to a provider is the longer one."""
    passages = Passages()
    embedder = Sending(passages)

    await Searching(embedder=embedder, passages=passages).search(KRILL)

    assert embedder.was_first
    assert passages.has_begun.is_set()


async def test_a_look_up_that_fails_fails_the_search() -> None:
    passages = Passages(DatabaseUnavailable())

    with pytest.raises(DatabaseUnavailable):
        await Searching(embedder=HashEmbedder(), passages=passages).search(KRILL)

    assert passages.given == []


async def test_a_vector_that_fails_is_what_the_caller_is_told() -> None:
    """Whatever became of the words."""
    embedder = HashEmbedder()
    embedder.fail_after(0, ModelUnavailable())

    with pytest.raises(ModelUnavailable):
        await Searching(embedder=embedder, passages=Passages(DatabaseUnavailable())).search(KRILL)
