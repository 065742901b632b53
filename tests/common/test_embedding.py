"""Embedding for a database whose embedding model changes, and what is left of it when a model fails."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.domain import Chunk, EmbeddingSpace, EmbeddingUsage
from sluice.embedding import EmbeddedChunks, SpaceEmbedder, embed
from sluice.errors import ModelRateLimited
from sluice.ports import Embeddings, OtherVectors, PartlyEmbedded
from sluice.testing.models import HashEmbedder

LIMIT = ModelRateLimited()


class Changing:
    """The database while its vectors of `old` are joined by those of `new`."""

    async def current(self) -> EmbeddingSpace:
        return EmbeddingSpace("old", 32, "new", 32, switched=False, known=frozenset({"old", "new"}))

    async def check(self, model: str) -> None:  # noqa: ARG002 - the port has it
        raise AssertionError("nothing is searched here")


class Second(HashEmbedder):
    """Embeds only the second of the texts that it is given."""

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        whole = await super().embed_documents(texts)
        raise PartlyEmbedded(LIMIT, {1: whole.vectors[1]}, EmbeddingUsage(7), self.model) from LIMIT


def chunk(ordinal: int, content: str) -> Chunk:
    return Chunk(ordinal, content, 0, len(content))


def changing(old: HashEmbedder, new: HashEmbedder) -> SpaceEmbedder:
    return SpaceEmbedder(model="old", spaces=Changing(), embedder_of={"old": old, "new": new}.__getitem__)


async def test_what_the_other_model_took_is_booked_although_it_failed() -> None:
    """Its vectors are filled in later; the first ones stand without them."""
    embedded = await changing(HashEmbedder(model="old"), Second(model="new")).embed_documents(["One.", "Two."])

    expected = await HashEmbedder().embed(["One.", "Two."], purpose="document")
    assert embedded == Embeddings(expected, EmbeddingUsage(9, embedded.usage.cost), "old", None)


async def test_chunks_that_have_a_vector_are_told_from_those_that_have_none() -> None:
    """Also those whose text stands twice."""
    chunks = [chunk(0, "One."), chunk(1, "Two."), chunk(2, "Three."), chunk(3, "Two.")]

    embedded = await embed(changing(Second(model="old"), HashEmbedder(model="new")), chunks)

    [vector] = await HashEmbedder().embed(["Two."], purpose="document")
    found = Embeddings([vector, vector], EmbeddingUsage(7), "old")
    assert embedded == EmbeddedChunks([chunks[1], chunks[3]], found, LIMIT)


async def test_both_vectors_of_a_chunk_are_those_of_its_text() -> None:
    """However often it stands in the document, each text is embedded once by each model."""
    old, new = HashEmbedder(model="old"), HashEmbedder(model="new")
    chunks = [chunk(0, "One."), chunk(1, "Two."), chunk(2, "One.")]

    embedded = await embed(changing(old, new), chunks)

    vectors = await HashEmbedder().embed(["One.", "Two.", "One."], purpose="document")
    assert (embedded.embeddings.vectors, embedded.embeddings.other) == (vectors, OtherVectors("new", vectors))
    assert (old.texts, new.texts) == (["One.", "Two."], ["One.", "Two."])
