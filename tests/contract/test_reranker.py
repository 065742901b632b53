"""What every `Reranker` keeps to: the fake, and LiteLLM before servers that speak as its providers do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from sluice.adapters.llm import library
from sluice.adapters.llm.reranking import LiteLLMReranker
from sluice.domain import Usage
from sluice.errors import ModelError, ModelRateLimited, ModelRejected, ModelUnavailable
from sluice.ports.reranking import Ranked, Ranking, Reranker
from sluice.testing.reranking import WordReranker
from tests.llm import upstream

QUERY = "blue whales eat krill"
TEXTS = ["Seals bark.", "Blue whales eat krill.", "Many whales sing."]
BEST = [(1, 1.0), (2, 0.25)]
ARN = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.rerank-v1:0"

Body = Callable[[list[dict[str, Any]]], Mapping[str, Any]]
PROVIDERS: dict[str, Body] = {
    "cohere/rerank-v3.5": lambda results: {
        "id": "1",
        "results": results,
        "meta": {"billed_units": {"search_units": 1}},
    },
    "jina_ai/jina-reranker-v2-base-multilingual": lambda results: {
        "model": "m",
        "usage": {"total_tokens": 15},
        "results": results,
    },
    "voyage/rerank-2.5": lambda results: {
        "object": "list",
        "model": "m",
        "usage": {"total_tokens": 15},
        "data": results,
    },
    "hosted_vllm/reranker": lambda results: {
        "id": "1",
        "model": "m",
        "usage": {"total_tokens": 15},
        "results": [{**result, "document": {"text": TEXTS[result["index"]]}} for result in results],
    },
    f"bedrock/{ARN}": lambda results: {
        "results": [{"index": it["index"], "relevanceScore": it["relevance_score"]} for it in results],
    },
}


def answer(model: str, *places: tuple[int, float]) -> upstream.Reply:
    """A provider's ranking."""
    results = [{"index": index, "relevance_score": relevance} for index, relevance in places]
    body = json.dumps(PROVIDERS[model](results)).encode()
    return upstream.Reply(headers={"content-type": "application/json"}, steps=[body])


@pytest.fixture
async def provider() -> AsyncIterator[upstream.Upstream]:
    """A provider on a loopback port; LiteLLM's connections to it are closed in the end."""
    async with upstream.running() as server:
        yield server
        await library.close()


def through_litellm(model: str, provider: upstream.Upstream) -> LiteLLMReranker:
    options = {"api_base": provider.base.removesuffix("/v1"), "api_key": "sk-x"}
    return LiteLLMReranker(model, timeout=20, options=options)


@pytest.fixture(params=["fake", *PROVIDERS])
def reranker(request: pytest.FixtureRequest, provider: upstream.Upstream) -> Reranker:
    """Each implementation, with the two best texts of three."""
    if request.param == "fake":
        return WordReranker()
    provider.enqueue(answer(request.param, *BEST))
    return through_litellm(request.param, provider)


async def test_the_best_texts_come_first(reranker: Reranker) -> None:
    """By their places in what was given, no more of them than were asked for."""
    ranking = await reranker.rerank(QUERY, TEXTS, limit=2)

    assert ranking.texts == tuple(Ranked(*place) for place in BEST)
    assert ranking.usage.cost is not None


async def test_no_texts_need_no_ranking(reranker: Reranker) -> None:
    """An empty search costs nothing."""
    assert (await reranker.rerank(QUERY, [], limit=2)).texts == ()


async def test_a_reranker_says_its_model(reranker: Reranker) -> None:
    """What it took is booked under that name."""
    assert reranker.model


async def test_a_provider_is_sent_the_query_and_the_texts(provider: upstream.Upstream) -> None:
    """In the form that Cohere began and others took over."""
    provider.enqueue(answer("cohere/rerank-v3.5", (2, 0.9), (0, 0.1)))

    ranking = await through_litellm("cohere/rerank-v3.5", provider).rerank(QUERY, TEXTS, limit=2)

    [request] = provider.requests
    assert (request["path"], request["model"], request["query"]) == ("/v2/rerank", "rerank-v3.5", QUERY)
    assert (request["documents"], request["top_n"]) == (TEXTS, 2)
    assert ranking == Ranking((Ranked(2, 0.9), Ranked(0, 0.1)), Usage(cost=0.002))


async def test_bedrock_is_sent_the_arn_of_its_model(provider: upstream.Upstream) -> None:
    """What stands after `bedrock/`, by the action that the chat function's role has for it (`bedrock:Rerank`)."""
    provider.enqueue(answer(f"bedrock/{ARN}", (2, 0.9)))

    await through_litellm(f"bedrock/{ARN}", provider).rerank(QUERY, TEXTS, limit=1)

    [request] = provider.requests
    chosen = request["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    assert request["path"] == "/rerank"
    assert chosen == {"modelConfiguration": {"modelArn": ARN}, "numberOfResults": 1}


async def test_a_provider_that_counts_tokens_is_priced_by_them(provider: upstream.Upstream) -> None:
    """A price that nobody knows counts as none."""
    provider.enqueue(answer("voyage/rerank-2.5", (0, 0.9)))

    ranking = await through_litellm("voyage/rerank-2.5", provider).rerank(QUERY, TEXTS, limit=1)

    assert ranking.usage.tokens == 15
    assert ranking.usage.cost == pytest.approx(7.5e-07)


@pytest.mark.parametrize(
    ("status", "error"), [(401, ModelRejected), (429, ModelRateLimited), (500, ModelUnavailable), (404, ModelRejected)]
)
async def test_what_a_provider_refuses_is_told_in_our_words(
    provider: upstream.Upstream, status: int, error: type[ModelError]
) -> None:
    """And asked once: the search does not wait for a second try."""
    provider.enqueue(upstream.failure(status))

    with pytest.raises(error):
        await through_litellm("cohere/rerank-v3.5", provider).rerank(QUERY, TEXTS, limit=2)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("places", [[(3, 0.9)], [(-1, 0.9)], [(0, 0.9), (0, 0.8)], []])
async def test_a_ranking_that_does_not_fit_is_refused(
    provider: upstream.Upstream, places: list[tuple[int, float]]
) -> None:
    """It would show passages twice, or others than were ranked."""
    provider.enqueue(answer("cohere/rerank-v3.5", *places))

    with pytest.raises(ModelError):
        await through_litellm("cohere/rerank-v3.5", provider).rerank(QUERY, TEXTS, limit=2)
