"""Limits as a client meets them: refused before the stream, ended within it, told by /api/usage."""

from __future__ import annotations

import asyncio
import json
from math import ceil
from typing import Any

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from sluice import tokens
from sluice.domain import Allowance, Caller, Usage
from sluice.errors import DatabaseUnavailable, ModelUnavailable
from sluice.moderating import Moderation
from sluice.ports import Finish
from sluice.reranking import Reranking
from sluice.searching import Searching
from sluice.spending import Price
from sluice.testing.ledger import FixedPrices
from sluice.testing.models import HashEmbedder
from sluice.testing.moderation import WordModerator
from sluice.testing.reranking import WordReranker
from tests.chat.conftest import Parts, client, parts

__all__ = ["client", "parts"]  # fixtures

PRICE = Price(0.001, 0.002)


def events(response: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def ask(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/api/chat", json={"message": "What do blue whales eat?"})


@pytest.mark.parametrize(
    ("allowance", "code"),
    [
        (Allowance(requests_per_minute=1, burst=1), "too_many_requests"),
        (Allowance(tokens_per_day=10), "tokens_spent"),
        (Allowance(tokens_per_month=10), "tokens_spent"),
        (Allowance(dollars_per_day=0.01), "money_spent"),
        (Allowance(dollars_per_month=0.01), "money_spent"),
    ],
)
async def test_a_limit_that_is_reached_is_a_429_before_the_stream(
    client: httpx.AsyncClient, parts: Parts, allowance: Allowance, code: str
) -> None:
    """With a code for programs and the time to come back; nothing is kept of the refused question."""
    parts.prices = FixedPrices(PRICE)
    parts.allowance = Allowance(requests_per_minute=1, burst=1)
    parts.model.enqueue("Krill.")
    await ask(client)
    parts.allowance = allowance

    refused = await ask(client)

    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (429, code, True)
    assert int(refused.headers["retry-after"]) >= 1
    assert len(parts.conversations.kept) == 1


async def test_streams_at_once_are_limited(client: httpx.AsyncClient, parts: Parts) -> None:
    """The second has to wait for the first to end."""
    parts.allowance = Allowance(streams=1)
    go_on = asyncio.Event()
    parts.model.enqueue("Kr", go_on, "ill.")
    parts.model.enqueue("Krill.")
    first = asyncio.create_task(ask(client))
    while not parts.model.prompts:  # noqa: ASYNC110 - a fake tells nobody that it was asked
        await asyncio.sleep(0)

    second = await ask(client)
    go_on.set()
    await first
    third = await ask(client)

    assert (second.status_code, second.json()["code"], third.status_code) == (429, "too_many_streams", 200)


@pytest.mark.parametrize("allowance", [Allowance(tokens_per_day=400), Allowance(dollars_per_day=0.6)])
async def test_an_answer_that_passes_its_budget_ends_there(
    client: httpx.AsyncClient, parts: Parts, allowance: Allowance
) -> None:
    """What was said stands; an event and the finish reason tell why it ends, and the model is asked for no more."""
    parts.prices = FixedPrices(PRICE)
    parts.allowance = allowance
    parts.model.enqueue(*["Blue whales eat krill and nothing else. "] * 100)

    told = events(await ask(client))

    texts = [event for event in told if event["type"] == "text"]
    *_, status, done = told
    assert 0 < len(texts) < 100
    assert status == {"type": "status", "state": "budget_reached", "model": None, "reason": "budget"}
    assert (done["type"], done["finish_reason"]) == ("done", "budget")
    assert parts.model.closed == 1
    [kept] = parts.conversations.kept.values()
    assert kept.messages[-1].finish_reason == "budget"


async def test_a_prompt_that_is_too_dear_is_not_sent(client: httpx.AsyncClient, parts: Parts) -> None:
    """Its tokens would be spent before the first word; what the search took is all that is booked."""
    parts.allowance = Allowance(tokens_per_day=20)

    told = events(await ask(client))

    assert (told[-1]["type"], told[-1]["code"]) == ("error", "tokens_spent")
    assert parts.model.prompts == []
    assert [booked.prompt_tokens for booked in parts.ledger.settled] == [5]


async def test_an_answer_may_be_longer_than_what_was_kept_back(client: httpx.AsyncClient, parts: Parts) -> None:
    """As long as the budget has more."""
    parts.allowance = Allowance(tokens_per_day=1_000_000)
    parts.model.enqueue(*["Blue whales eat krill and nothing else. "] * 1_000)

    told = events(await ask(client))

    assert len([event for event in told if event["type"] == "text"]) == 1_000
    assert told[-1]["finish_reason"] == "stop"


async def test_what_the_model_counted_is_what_is_booked(client: httpx.AsyncClient, parts: Parts) -> None:
    """The estimate is for the time before. `done` tells the answer's own; /api/usage also what its search took."""
    parts.prices = FixedPrices(PRICE)
    parts.allowance = Allowance(tokens_per_day=100_000, dollars_per_month=50.0, streams=4)
    parts.model.enqueue("Krill.", Finish("stop", Usage(1_000, 500)))

    told = events(await ask(client))
    usage = (await client.get("/api/usage", params={"days": 1})).json()

    span = {"answers": 1, "prompt_tokens": 1_005, "completion_tokens": 500, "cost": 2.000005}
    assert told[-1]["usage"] == {"prompt_tokens": 1_000, "completion_tokens": 500, "cost": 2.0}
    assert usage == {
        "day": span,
        "month": span,
        "days": [{"date": f"{parts.ledger.now:%Y-%m-%d}", **span}],
        "streams": 0,
        "limits": {"streams": 4, "tokens_per_day": 100_000, "dollars_per_month": 50.0},
        "left": {"streams": 4, "tokens_per_day": 98_495, "dollars_per_month": 47.999995},
    }


async def test_the_limits_of_a_key_are_told_with_those_of_its_user(client: httpx.AsyncClient, parts: Parts) -> None:
    """Whichever leaves less counts, and the key's spending is its own."""
    key = Caller("default", "ada", key_id="AbCd1234", allowance=Allowance(tokens_per_day=300, dollars_per_day=9.0))
    app.dependency_overrides[dependencies.caller] = lambda: key
    parts.allowance = Allowance(tokens_per_day=100_000, streams=2)
    limits = {"user:default/ada": parts.allowance, "key:AbCd1234": key.allowance}
    await parts.ledger.settle(limits, None, Usage(100, 50, 1.5))

    usage = (await client.get("/api/usage")).json()

    assert usage["limits"] == {"tokens_per_day": 300, "streams": 2, "dollars_per_day": 9.0}
    assert usage["left"] == {"tokens_per_day": 150, "streams": 2, "dollars_per_day": 7.5}


async def test_an_answer_that_breaks_off_is_booked_as_far_as_it_came(client: httpx.AsyncClient, parts: Parts) -> None:
    """The provider bills it too."""
    parts.model.enqueue("Blue whales eat krill. ", ModelUnavailable())

    await ask(client)

    [booked] = parts.ledger.settled
    assert booked.prompt_tokens > 20
    assert booked.completion_tokens == ceil(23 / tokens.BYTES_PER_TOKEN)


async def test_an_answer_is_booked_once_the_ledger_is_back(client: httpx.AsyncClient, parts: Parts) -> None:
    """The provider was paid when the ledger was away: it is asked again at the end of the stream."""
    parts.allowance = Allowance(streams=1)
    parts.ledger.failures.append(DatabaseUnavailable())
    parts.model.enqueue("Krill.", Finish("stop", Usage(1_000, 500)))

    told = events(await ask(client))

    usage = (await client.get("/api/usage")).json()
    booked = {"answers": 1, "prompt_tokens": 1_005, "completion_tokens": 500, "cost": 0.000005}
    assert (told[-1]["type"], usage["day"], usage["streams"]) == ("done", booked, 0)


async def test_a_ledger_that_stays_away_costs_the_reader_nothing(
    client: httpx.AsyncClient, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what was not booked."""
    parts.ledger.failures += [DatabaseUnavailable()] * 2
    parts.model.enqueue("Krill.")

    told = events(await ask(client))

    assert (told[-1]["type"], parts.ledger.settled) == ("done", [])
    assert caplog.text.count("The cost of an answer could not be booked: Usage(prompt_tokens=") == 2


async def test_a_question_that_fails_before_the_model_holds_nothing(client: httpx.AsyncClient, parts: Parts) -> None:
    """What was kept back for it is free again, and only what its search took is booked."""
    parts.allowance = Allowance(streams=1)
    unknown = "0198c0de-0000-7000-8000-000000000000"
    await client.post("/api/chat", json={"message": "hi", "conversation_id": unknown})
    parts.passages.failures.append(ModelUnavailable())
    await ask(client)
    parts.model.enqueue("Krill.")

    answered = await ask(client)

    assert answered.status_code == 200
    assert [(booked.prompt_tokens, booked.completion_tokens) for booked in parts.ledger.settled[:2]] == [(1, 0), (5, 0)]


async def test_what_a_search_took_is_booked(client: httpx.AsyncClient, parts: Parts) -> None:
    """Its embedding is no answer, but it counts."""
    await client.post("/api/search", json={"query": "blue whales"})

    usage = (await client.get("/api/usage")).json()

    assert usage["day"] == {"answers": 0, "prompt_tokens": 2, "completion_tokens": 0, "cost": 0.000002}


async def test_a_search_that_fails_has_cost_something_too(client: httpx.AsyncClient, parts: Parts) -> None:
    """Its vector was made before the database failed."""
    parts.passages.failures.append(DatabaseUnavailable())

    failed = await client.post("/api/search", json={"query": "blue whales"})

    usage = (await client.get("/api/usage")).json()
    assert (failed.status_code, usage["day"]["prompt_tokens"]) == (503, 2)


async def test_what_ranking_a_search_anew_took_is_booked(client: httpx.AsyncClient, parts: Parts) -> None:
    """As its provider says, beside the embedding."""
    reranking = Reranking(WordReranker(), candidates=10, seconds=60)
    searching = Searching(embedder=HashEmbedder(), passages=parts.passages, reranking=reranking)
    app.dependency_overrides[dependencies.searching] = lambda: searching
    await client.post("/api/search", json={"query": "blue whales"})

    usage = (await client.get("/api/usage")).json()

    assert usage["day"] == {"answers": 0, "prompt_tokens": 2, "completion_tokens": 0, "cost": pytest.approx(0.001002)}


async def test_moderation_is_booked_with_the_answer(client: httpx.AsyncClient, parts: Parts) -> None:
    """At its own price, for the question and for the answer."""
    parts.prices = FixedPrices(Price(0.001, 0.0))
    parts.moderation = Moderation(WordModerator())
    parts.model.enqueue("Krill.", Finish("stop", Usage(10, 5)))

    await ask(client)

    seen = tokens.estimate("What do blue whales eat?") + tokens.estimate("Krill.")
    [booked] = parts.ledger.settled
    assert (booked.prompt_tokens, booked.completion_tokens) == (10 + 5 + seen, 5)
    assert booked.cost == pytest.approx(0.01 + 0.000005 + 0.001 * seen)


async def test_a_model_without_a_price_is_an_error_not_a_gift(client: httpx.AsyncClient, parts: Parts) -> None:
    """Nobody is let in to something whose cost can't be told."""
    parts.prices = FixedPrices(unpriced=frozenset({"scripted"}))

    refused = await ask(client)

    assert (refused.status_code, refused.json()["code"]) == (500, "model_unpriced")


async def test_searches_are_paced_too(client: httpx.AsyncClient, parts: Parts) -> None:
    """They cost an embedding and the database's time."""
    parts.allowance = Allowance(requests_per_minute=1, burst=1)

    answers = [await client.post("/api/search", json={"query": "krill"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
