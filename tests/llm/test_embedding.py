"""The LiteLLM embedding adapter against a provider over real HTTP."""

from __future__ import annotations

import asyncio
import base64
import email.utils
import math
import struct
import time
from typing import Any

import pytest

from sluice.adapters.llm import LiteLLMEmbedder
from sluice.adapters.llm.embedding import LONGEST_WAIT
from sluice.adapters.llm.embedding_vectors import LONGEST_VECTOR
from sluice.errors import ModelError, ModelRateLimited, ModelRejected, ModelUnavailable
from tests.llm.upstream import Reply, Upstream, embedding_list, embeddings, failure


class Clock:
    """Takes the waits that the adapter asks for, and none of the time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def embedder(upstream: Upstream, clock: Clock | None = None, **options: Any) -> LiteLLMEmbedder:
    return LiteLLMEmbedder(
        "openai/embed",
        options={"api_base": upstream.base, "api_key": "sk-x"},
        sleep=(clock or Clock()).sleep,
        **options,
    )


async def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(upstream: Upstream) -> None:
    """The provider may answer in any order and with any length."""
    upstream.enqueue(embeddings([3.0, 4.0], [0.0, 2.0]))

    assert await embedder(upstream).embed(["a", "b"], purpose="document") == [[0.6, 0.8], [0.0, 1.0]]


async def test_vectors_are_asked_for_and_read_as_bytes(upstream: Upstream) -> None:
    """As OpenAI packs them: little-endian, in single precision, in base 64."""
    upstream.enqueue(embeddings(base64.b64encode(struct.pack("<2f", 3.0, 4.0)).decode()))

    [vector] = await embedder(upstream).embed(["a"], purpose="query")

    assert vector == pytest.approx([0.6, 0.8])
    assert upstream.requests[0]["encoding_format"] == "base64"


async def test_the_cost_of_documents_is_listed_and_that_of_questions_left_to_who_books_it(upstream: Upstream) -> None:
    """LiteLLM's reckoning takes time, and somebody waits for the vector of a question."""
    priced = LiteLLMEmbedder("openai/text-embedding-3-small", options={"api_base": upstream.base, "api_key": "sk-x"})
    upstream.enqueue(embeddings([3.0, 4.0]), embeddings([3.0, 4.0]))

    of_question, of_document = await priced.embed_query("Who?"), await priced.embed_documents(["Ada did."])

    assert of_question.vectors == of_document.vectors
    assert of_question.usage.tokens == of_document.usage.tokens > 0
    assert of_question.usage.cost == 0.0 < of_document.usage.cost


async def test_a_vector_that_no_index_takes_is_cut(upstream: Upstream) -> None:
    """And has length one without what was cut off."""
    upstream.enqueue(embeddings([1.0] * 4_096))

    [vector] = await embedder(upstream).embed(["a"], purpose="document")

    assert len(vector) == LONGEST_VECTOR
    assert math.hypot(*vector) == pytest.approx(1.0)


async def test_many_texts_go_out_in_batches(upstream: Upstream) -> None:
    """No request holds more than a batch, and the order of the texts stands."""
    upstream.enqueue(embeddings([1.0, 0.0], [0.0, 1.0]), embeddings([-1.0, 0.0]))

    vectors = await embedder(upstream, batch=2, concurrency=1).embed(["a", "b", "c"], purpose="document")

    assert vectors == [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    assert [request["input"] for request in upstream.requests] == [["a", "b"], ["c"]]


async def test_documents_read_at_once_share_the_places(upstream: Upstream) -> None:
    """With one place, the second document waits until the first is through, its new try included."""
    upstream.enqueue(failure(429), embeddings([1.0, 0.0]), embeddings([0.0, 1.0]))
    only = embedder(upstream, concurrency=1)

    await asyncio.gather(*(only.embed([text], purpose="document") for text in "ab"))

    assert [request["input"] for request in upstream.requests] == [["a"], ["a"], ["b"]]


async def test_no_texts_need_no_call(upstream: Upstream) -> None:
    """Nothing in, nothing out, nothing sent."""
    assert await embedder(upstream).embed([], purpose="document") == []
    assert upstream.requests == []


async def test_a_rate_limit_is_waited_out(upstream: Upstream) -> None:
    """The wait is the one that the provider asks for, and up to a quarter more: it asks all callers alike."""
    clock = Clock()
    upstream.enqueue(failure(429, headers={"retry-after": "3"}), embeddings([1.0, 0.0]))

    vectors = await embedder(upstream, clock).embed(["a"], purpose="document")

    assert vectors == [[1.0, 0.0]]
    assert [3.0 <= wait <= 3.75 for wait in clock.waits] == [True]


async def test_the_advice_of_a_server_that_is_down_counts_too(upstream: Upstream) -> None:
    """Also as a date, which is how some proxies word it."""
    clock = Clock()
    in_ten_seconds = email.utils.formatdate(time.time() + 10, usegmt=True)
    upstream.enqueue(failure(503, headers={"retry-after": in_ten_seconds}), embeddings([1.0, 0.0]))

    await embedder(upstream, clock).embed(["a"], purpose="document")

    assert [8.0 <= wait <= 12.5 for wait in clock.waits] == [True]


async def test_callers_that_are_refused_together_do_not_return_together(upstream: Upstream) -> None:
    """With advice and without, no two wait alike."""
    clock, refusal = Clock(), failure(429, headers={"retry-after": "3"})
    answer = embeddings([1.0, 0.0])
    upstream.enqueue(refusal, answer, refusal, answer, failure(500), answer, failure(500), answer)

    for _ in range(4):
        await embedder(upstream, clock).embed(["a"], purpose="document")

    assert len(set(clock.waits)) == 4


@pytest.mark.parametrize(
    "reply",
    [
        failure(500),
        failure(502),
        failure(529),
        failure(408),
        Reply(reset=True),
        Reply(headers={"content-type": "application/json"}, steps=[b'{"object": "li'], cut=True),
    ],
)
async def test_what_may_pass_is_tried_again(upstream: Upstream, reply: Reply) -> None:
    """Servers that fail, and connections reset before an answer or within it; by us and not by LiteLLM too."""
    clock = Clock()
    upstream.enqueue(reply, embeddings([1.0, 0.0]))

    vectors = await embedder(upstream, clock).embed(["a"], purpose="document")

    assert (vectors, len(clock.waits), len(upstream.requests)) == ([[1.0, 0.0]], 1, 2)


async def test_waits_without_advice_grow_and_are_spread(upstream: Upstream) -> None:
    """Three attempts with two short waits between them, then the error."""
    clock = Clock()
    upstream.enqueue(failure(500), failure(503), failure(500))

    with pytest.raises(ModelUnavailable):
        await embedder(upstream, clock).embed(["a"], purpose="document")

    assert (len(clock.waits), len(upstream.requests)) == (2, 3)
    assert 0 <= clock.waits[0] <= 1
    assert 0 <= clock.waits[1] <= 2


async def test_too_long_a_wait_is_left_to_the_caller(upstream: Upstream) -> None:
    """A function that is paid by the second does not sleep for a minute."""
    clock = Clock()
    upstream.enqueue(failure(429, headers={"retry-after": str(int(LONGEST_WAIT) + 1)}))

    with pytest.raises(ModelRateLimited):
        await embedder(upstream, clock).embed(["a"], purpose="document")

    assert clock.waits == []


async def test_a_rejection_is_not_tried_again(upstream: Upstream) -> None:
    """What is wrong with a key does not mend itself."""
    upstream.enqueue(failure(401))

    with pytest.raises(ModelRejected):
        await embedder(upstream).embed(["a"], purpose="document")

    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (embeddings([1.0, 0.0]), "1 vectors for 2 texts"),
        (embeddings([1.0, 0.0], [1.0, 0.0, 0.0]), "different lengths"),
        (embeddings([1.0, 0.0], [0.0, 0.0]), "no direction"),
        (embeddings([1.0, 0.0], [float("nan"), 0.0]), "no direction"),
        (embeddings([1.0, 0.0], "AAAA"), "can't be read"),
        (embeddings([1.0, 0.0], "no base 64"), "can't be read"),
        (embeddings([1.0, 0.0], [float("inf"), 0.0]), "no direction"),
        (embeddings([1.0, 0.0], []), "no direction"),
        (embeddings([1.0, 0.0], [1.0, 0.0], [1.0, 0.0]), "3 vectors for 2 texts"),
        (embedding_list([]), "0 vectors for 2 texts"),
        (embedding_list(None), "0 vectors for 2 texts"),
        (embedding_list([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]), "whose they are"),
        (embedding_list([{"index": 1, "embedding": [1.0]}, {"index": 2, "embedding": [1.0]}]), "whose they are"),
        (embedding_list([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": None}]), "can't be read"),
        (embedding_list([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": ["1"]}]), "can't be read"),
        (embedding_list([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [[1.0]]}]), "can't be read"),
        (embedding_list([{"index": 0, "embedding": [1.0]}, {"index": 1}]), "can't be read"),
    ],
)
async def test_vectors_that_cannot_be_stored_are_refused(upstream: Upstream, reply: Reply, words: str) -> None:
    """A wrong count, mixed lengths, zeros, NaN and vectors of nobody knows which text never reach the database."""
    upstream.enqueue(reply)

    with pytest.raises(ModelError, match=words):
        await embedder(upstream).embed(["a", "b"], purpose="document")


async def test_the_dimension_is_found_by_embedding_a_word(upstream: Upstream) -> None:
    """One short text is enough."""
    upstream.enqueue(embeddings([0.0] * 5 + [1.0]))

    assert await embedder(upstream).dimension() == 6


async def test_a_provider_that_hangs_is_given_up(upstream: Upstream) -> None:
    """The timeout bounds one attempt."""
    upstream.enqueue(Reply(steps=[upstream.hung_up]))

    with pytest.raises(ModelUnavailable, match="in time"):
        await embedder(upstream, timeout=0.3, attempts=1).embed(["a"], purpose="document")


async def test_an_unknown_offline_model_is_rejected() -> None:
    """A wrong name is the operator's to mend."""
    with pytest.raises(ModelRejected, match="offline/unknown"):
        await LiteLLMEmbedder("offline/unknown").embed(["a"], purpose="document")
