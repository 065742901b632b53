"""What every `Embedder` keeps to, real or fake."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import pytest

from sluice.adapters.llm import LiteLLMEmbedder, library
from sluice.adapters.offline import OfflineEmbedder
from sluice.ports import Embedder
from sluice.testing.models import HashEmbedder
from tests.llm import upstream

TEXTS = ["The pump was built in 1999.", "Cats sleep.", "", "🙂", "Der Fluß fließt.", "水は流れる。", "word " * 5_000]


@pytest.fixture(params=["hash", "offline", "offline through litellm", "provider through litellm"])
async def embedder(request: pytest.FixtureRequest) -> AsyncIterator[Embedder]:
    """Each implementation; the provider answers two calls for all texts."""
    async with upstream.running() as provider:
        for _ in range(2):
            provider.enqueue(upstream.embeddings(*([1.0, float(index)] for index in range(len(TEXTS)))))
        implementations: dict[str, Embedder] = {
            "hash": HashEmbedder(),
            "offline": OfflineEmbedder(),
            "offline through litellm": LiteLLMEmbedder("offline/static"),
            "provider through litellm": LiteLLMEmbedder(
                "openai/embed", options={"api_base": provider.base, "api_key": "sk-x"}
            ),
        }
        yield implementations[request.param]
        await library.close()


async def test_each_text_gets_a_unit_vector_of_the_same_dimension(embedder: Embedder) -> None:
    """Also the empty one, emoji, other scripts and a very long one."""
    vectors = await embedder.embed(TEXTS, purpose="document")

    assert len(vectors) == len(TEXTS)
    assert len({len(vector) for vector in vectors}) == 1
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * len(TEXTS), abs=1e-6)


async def test_the_same_texts_get_the_same_vectors(embedder: Embedder) -> None:
    """Stored vectors stay comparable with those of a later question."""
    first = await embedder.embed(TEXTS, purpose="document")
    second = await embedder.embed(TEXTS, purpose="document")

    assert first == second


async def test_no_texts_get_no_vectors(embedder: Embedder) -> None:
    """An empty batch is no error."""
    assert await embedder.embed([], purpose="query") == []


async def test_an_embedder_says_its_model(embedder: Embedder) -> None:
    """The name is kept with the vectors, so that models are never mixed."""
    assert embedder.model
