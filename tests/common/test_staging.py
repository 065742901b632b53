"""How the batches of a document are written: side by side, and so that no writer is without work at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sluice.domain import Chunk, Claim, DocumentStatus
from sluice.errors import EmbeddingModelSwitched
from sluice.ports import Embeddings, Progress
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from tests.common.ingestion import World, ended

BATCH = 100


class Watched(InMemoryDocuments):
    """Takes a moment to write; tells how many chunks each transaction had, and how many went on at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[int] = []
        self.at_once = self.most_at_once = 0

    async def stage(self, claim: Claim, chunks: Sequence[Chunk], embeddings: Embeddings, *, progress: Progress) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0.001)
            await super().stage(claim, chunks, embeddings, progress=progress)
            self.written.append(len(chunks))
        finally:
            self.at_once -= 1


@pytest.fixture
def documents() -> Watched:
    return Watched()


@pytest.fixture
def world(documents: Watched) -> World:
    world = World()
    world.documents, world.passages = documents, DocumentPassages(documents)
    world.ingesting = world.with_parser(world.parser, embedding_batch=BATCH)
    return world


def pages(count: int) -> bytes:
    return "\f".join(f"Page {number}." for number in range(count)).encode()


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (63, [63]),
        (90, [45, 45]),
        (2 * BATCH, [50, 50, 100]),
        (3 * BATCH, [50, 50, 100, 100]),
        (3 * BATCH + 10, [10, 50, 50, 100, 100]),
    ],
)
async def test_the_last_batches_are_divided_among_the_writers(
    world: World, documents: Watched, count: int, written: list[int]
) -> None:
    """Where less comes after a batch than is in it, unless it is small; what it took is booked once."""
    document = ended(await world.ingest(await world.objects.write("guide.txt", pages(count))))

    assert (document.status, document.chunks, document.tokens) == (DocumentStatus.READY, count, 2 * count)
    assert [chunk.page for chunk in world.chunks(document)] == list(range(1, count + 1))
    assert (sorted(documents.written), documents.most_at_once) == (written, min(len(written), 2))


async def test_a_switch_of_the_model_between_two_writers_writes_each_chunk_once(
    world: World, documents: Watched
) -> None:
    """Only the one that comes too late embeds its part anew."""
    documents.failures.append(EmbeddingModelSwitched("other/model"))

    document = ended(await world.ingest(await world.objects.write("guide.txt", pages(BATCH))))

    assert (document.status, document.chunks) == (DocumentStatus.READY, BATCH)
    assert (documents.written, len(world.embedder.texts)) == ([50, 50], BATCH + 50)
