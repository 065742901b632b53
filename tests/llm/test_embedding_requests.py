"""What goes out to an embedding provider: requests within its limits, few at once, and smaller ones after a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMEmbedder
from sluice.adapters.llm.embedding import SHORTEST_TEXT
from sluice.adapters.llm.embedding_providers import Provider, provider_of, requests
from sluice.domain import EmbeddingUsage
from sluice.errors import ModelRateLimited, ModelRejected, ModelUnavailable
from sluice.ports import PartlyEmbedded
from tests.llm.upstream import Reply, Upstream, embeddings, failure

Request = dict[str, Any]


async def no_time(_: float) -> None:
    """Take no time at all."""


def embedder(upstream: Upstream, *, model: str = "openai/embed", **options: Any) -> LiteLLMEmbedder:
    return LiteLLMEmbedder(model, options={"api_base": upstream.base, "api_key": "sk-x"}, sleep=no_time, **options)


def vector(text: str) -> list[float]:
    """A direction that tells the text's length."""
    return [float(len(text)), 1.0]


def vectors(request: Request) -> Reply:
    return embeddings(*map(vector, request["input"]), tokens=len(request["input"]))


def refusing(is_refused: Callable[[list[str]], bool], status: int = 400) -> Callable[[Request], Reply]:
    return lambda request: failure(status) if is_refused(request["input"]) else vectors(request)


def inputs(upstream: Upstream) -> list[list[str]]:
    return [request["input"] for request in upstream.requests]


def directions(found: list[list[float]]) -> list[int]:
    return [round(first / second) for first, second in found]


@pytest.mark.parametrize(
    ("model", "texts", "tokens", "characters"),
    [
        ("openai/text-embedding-3-small", 2_048, 300_000, None),
        ("azure/my-deployment", 2_048, 300_000, None),
        ("cohere/embed-v4.0", 96, None, None),
        ("bedrock/amazon.titan-embed-text-v2:0", 1, None, None),
        ("bedrock/us-gov-west-1/amazon.titan-embed-text-v2:0", 1, None, None),
        ("bedrock/cohere.embed-english-v3", 96, None, 2_048),
        ("bedrock/us.cohere.embed-v4:0", 96, None, None),
        ("gemini/gemini-embedding-001", 100, None, None),
        ("vertex_ai/text-embedding-005", 250, 20_000, None),
        ("vertex_ai/gemini-embedding-001", 1, None, None),
        ("voyage/voyage-3-large", 1_000, 120_000, None),
        ("mistral/mistral-embed", None, 16_000, None),
        ("ollama/nomic-embed-text", None, None, None),
    ],
)
def test_the_limits_of_providers_are_known(
    model: str, texts: int | None, tokens: int | None, characters: int | None
) -> None:
    """As their documentation has them; of others nothing is known."""
    known = provider_of(model)

    assert (known.texts, known.tokens, known.characters) == (texts, tokens, characters)


@pytest.mark.parametrize(
    ("model", "query", "document"),
    [
        ("cohere/embed-v4.0", "search_query", "search_document"),
        ("bedrock/cohere.embed-english-v3", "search_query", "search_document"),
        ("bedrock/us.cohere.embed-v4:0", "search_query", "search_document"),
        ("voyage/voyage-3.5", "query", "document"),
        ("openai/text-embedding-3-small", None, None),
    ],
)
def test_models_that_tell_questions_from_documents_are_told(model: str, query: str, document: str) -> None:
    """Also behind Bedrock's names for several regions."""
    types = provider_of(model).input_types

    assert (types.get("query"), types.get("document")) == (query, document)


@pytest.mark.parametrize(
    ("lengths", "provider", "expected"),
    [
        ([3] * 5, Provider(), [range(3), range(3, 5)]),
        ([3] * 5, Provider(texts=2), [range(2), range(2, 4), range(4, 5)]),
        # A text of 30 bytes is counted as 14 tokens.
        ([30] * 5, Provider(tokens=28), [range(2), range(2, 4), range(4, 5)]),
        ([30] * 5, Provider(tokens=27), [range(at, at + 1) for at in range(5)]),
        ([3, 3_000, 3, 3], Provider(tokens=50), [range(1), range(1, 2), range(2, 4)]),
        ([], Provider(texts=2), []),
    ],
)
def test_requests_hold_what_the_provider_takes(lengths: list[int], provider: Provider, expected: list[range]) -> None:
    """No more texts than the setting or the provider allows, no more tokens; a longer text goes by itself."""
    assert list(requests(["x" * length for length in lengths], provider, most=3)) == expected


async def test_many_long_texts_keep_below_the_tokens_of_a_request(upstream: Upstream) -> None:
    """OpenAI takes 300,000 tokens, which are less than 2,048 long texts in most scripts."""
    upstream.answer = vectors
    texts = [f"{'水' * 5_000}{number}" for number in range(150)]

    found = await embedder(upstream, batch=2_048).embed(texts, purpose="document")

    assert len(found) == 150
    assert sorted(map(len, inputs(upstream))) == [32, 59, 59]


async def test_no_more_requests_are_open_than_allowed(upstream: Upstream) -> None:
    """However many documents are embedded at once, and although some are tried again."""
    refused: set[str] = set()

    def busy_at_first(request: Request) -> Reply:
        [text] = request["input"]
        if text in refused:
            return vectors(request)
        refused.add(text)
        return failure(429)

    upstream.answer = busy_at_first
    ours = embedder(upstream, batch=1, concurrency=3)

    await asyncio.gather(*(ours.embed([f"{name}{at}" for at in range(8)], purpose="document") for name in "ab"))

    assert (len(upstream.requests), upstream.most) == (32, 3)


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_provider_that_takes_fewer_texts_gets_fewer(upstream: Upstream, status: int) -> None:
    """Nobody knows all limits: what is refused goes out again in halves, and the order of the texts stands."""
    upstream.answer = refusing(lambda texts: len(texts) > 2, status)
    texts = ["x" * length for length in range(1, 8)]

    found = await embedder(upstream).embed(texts, purpose="document")

    assert directions(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [len(given) for given in inputs(upstream)] == [7, 3, 1, 2, 4, 2, 2]


async def test_a_text_that_is_too_long_is_embedded_by_its_beginning(upstream: Upstream) -> None:
    """And costs its neighbours nothing."""
    upstream.answer = refusing(lambda texts: any(len(text) > 300 for text in texts))

    found = await embedder(upstream).embed(["a", "b" * 1_000, "c"], purpose="document")

    assert directions(found) == [1, 250, 1]


async def test_a_question_that_is_too_long_is_searched_by_its_beginning(upstream: Upstream) -> None:
    """The words of all of it are looked up all the same."""
    upstream.answer = refusing(lambda texts: len(texts[0]) > 300)

    assert directions((await embedder(upstream).embed_query("b" * 1_000)).vectors) == [250]


async def test_characters_beyond_a_known_limit_are_not_sent(upstream: Upstream) -> None:
    """Cohere's third models on Bedrock refuse a request with a text of more than 2,048."""
    upstream.answer = vectors
    ours = embedder(upstream)
    ours._provider = Provider(characters=2_048)  # LiteLLM would ask Bedrock, which speaks another protocol

    await ours.embed(["x" * 3_000], purpose="document")

    assert [len(text) for text in inputs(upstream)[0]] == [2_048]


async def test_a_shorter_text_that_fails_otherwise_is_not_tried_shorter_still(upstream: Upstream) -> None:
    """A key that ran out meanwhile is what is told."""
    upstream.enqueue(failure(400), failure(401))

    with pytest.raises(ModelRejected, match="key"):
        await embedder(upstream).embed(["b" * 1_000], purpose="document")

    assert [len(text) for [text] in inputs(upstream)] == [1_000, 500]


async def test_a_failing_server_is_not_taken_for_one_that_refuses(upstream: Upstream) -> None:
    """LiteLLM makes a bad request of a 500 whose body speaks of one."""
    upstream.enqueue(failure(500), failure(500), vectors({"input": ["a", "b"]}))

    await embedder(upstream).embed(["a", "b"], purpose="document")

    assert inputs(upstream) == [["a", "b"]] * 3


async def test_one_text_that_is_refused_in_any_length_ends_it_soon(upstream: Upstream) -> None:
    """The texts before it keep their vectors; the requests that it takes are few."""
    upstream.answer = refusing(lambda texts: any("bad" in text for text in texts))
    texts = [f"text {number}" for number in range(64)]
    texts[40] = "bad" * SHORTEST_TEXT

    with pytest.raises(PartlyEmbedded) as raised:
        await embedder(upstream).embed_documents(texts)

    assert isinstance(raised.value.failure, ModelRejected)
    assert sorted(raised.value.vectors) == list(range(40))
    assert len(upstream.requests) < 16


async def test_a_request_that_is_wrong_by_itself_is_not_tried_with_every_text(upstream: Upstream) -> None:
    """A wrong option is refused whatever stands in the texts."""
    upstream.answer = refusing(lambda _: True)

    with pytest.raises(ModelRejected):
        await embedder(upstream).embed_documents(["x" * 1_200] * 64)

    assert len(upstream.requests) <= 10


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_what_no_text_can_mend_is_not_tried_with_less(upstream: Upstream, status: int) -> None:
    """A wrong key stays wrong for half of the texts."""
    upstream.enqueue(failure(status))

    with pytest.raises(ModelRejected):
        await embedder(upstream).embed_documents(["a", "b"])

    assert len(upstream.requests) == 1


async def test_what_was_embedded_before_a_failure_is_handed_back(upstream: Upstream) -> None:
    """With what it has taken; the failed texts are few."""
    upstream.answer = lambda request: failure(500) if "c" in request["input"] else vectors(request)

    with pytest.raises(PartlyEmbedded) as raised:
        await embedder(upstream, batch=2, concurrency=2).embed_documents(["a", "b", "c", "dd", "e", "ff"])

    broken = raised.value
    assert isinstance(broken.failure, ModelUnavailable)
    assert {place: directions([list(found)]) for place, found in broken.vectors.items()} == {
        0: [1],
        1: [1],
        4: [1],
        5: [2],
    }
    assert (broken.usage.tokens, broken.model, broken.message) == (4, "openai/embed", broken.failure.message)


async def test_nothing_more_is_asked_after_a_failure(upstream: Upstream) -> None:
    """A provider that has no room is left alone."""
    upstream.answer = lambda _: failure(429)

    with pytest.raises(ModelRateLimited):
        await embedder(upstream, batch=1, concurrency=1, attempts=2).embed_documents(["a", "b", "c"])

    assert inputs(upstream) == [["a"], ["a"]]


async def test_an_account_without_credit_is_asked_once(upstream: Upstream) -> None:
    """OpenAI says so with the status of a rate limit, which waiting does not end."""
    upstream.answer = lambda _: failure(429, "You exceeded your current quota.", "insufficient_quota")

    with pytest.raises(ModelRejected, match="no credit left"):
        await embedder(upstream, attempts=3).embed_documents(["a"])

    assert inputs(upstream) == [["a"]]


async def test_usage_is_that_of_the_answers(upstream: Upstream) -> None:
    """Refused requests take nothing; every answer is counted once."""
    upstream.enqueue(failure(429), failure(500), embeddings([1.0, 0.0], tokens=5), embeddings([1.0, 0.0], tokens=7))

    embedded = await embedder(upstream, batch=1, concurrency=1).embed_documents(["a", "b"])

    assert embedded.usage == EmbeddingUsage(tokens=12)
