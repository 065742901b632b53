"""What answers cost, and what is counted beside them."""

from __future__ import annotations

import pytest

from sluice import tokens
from sluice.domain import Allowance, Usage, uuid7
from sluice.errors import LimitReached, ModelUnpriced
from sluice.metering import Meter, MeteredModel
from sluice.ports import Finish, NextAttempt, PromptMessage
from sluice.spending import Hold, Price
from sluice.testing.ledger import InMemoryLedger
from sluice.testing.models import ScriptedModel

QUESTION = PromptMessage("user", "Who eats krill?")
PROMPT_TOKENS = tokens.estimate(QUESTION.content)
PRICES = {"known": Price(prompt=0.5), "dear": Price(prompt=2.0, completion=3.0)}


class TwoPrices:
    """Knows the prices of two models."""

    async def of(self, model: str) -> Price:
        if model not in PRICES:
            raise ModelUnpriced
        return PRICES[model]


@pytest.fixture
def meter() -> Meter:
    return Meter(InMemoryLedger(), TwoPrices(), {}, step_tokens=100)


async def test_an_answer_costs_what_the_model_that_gave_it_costs(meter: Meter) -> None:
    """Not the one that was asked first."""
    model = ScriptedModel("known")
    model.enqueue(NextAttempt("fallback", "dear", "model_unavailable"), "Krill.", Finish("stop", Usage(10, 5)))

    *_, finish = [delta async for delta in MeteredModel(model, meter).stream([PromptMessage("user", "Who?")])]

    assert finish == Finish("stop", Usage(10, 5, 35.0))


async def test_what_has_no_cost_yet_is_priced(meter: Meter) -> None:
    """By the list of prices."""
    await meter.note("known", Usage(prompt_tokens=4))

    assert meter.beside == Usage(4, 0, 2.0)


async def test_what_a_provider_bills_by_searches_keeps_its_cost(meter: Meter) -> None:
    """A reranking model has no price for a token, and needs none."""
    await meter.note("cohere/rerank-v3.5", Usage(cost=0.002))

    assert meter.beside == Usage(0, 0, 0.002)


@pytest.mark.parametrize(
    ("held", "dollars"), [(PROMPT_TOKENS, 1_000.0), (1_000, 0.5 * PROMPT_TOKENS)], ids=["tokens", "dollars"]
)
async def test_an_answer_may_take_all_that_is_held_for_it_and_no_more(meter: Meter, held: int, dollars: float) -> None:
    """Where the ledger has nothing left beside it."""
    meter.limits = {"user:acme/ann": Allowance(tokens_per_day=held, dollars_per_day=dollars)}
    meter.hold = await meter.ledger.admit(meter.limits, Hold(uuid7(), held, dollars), seconds=60)

    await meter.begin("known", [QUESTION])

    with pytest.raises(LimitReached):
        await meter.begin("known", [QUESTION, QUESTION])
