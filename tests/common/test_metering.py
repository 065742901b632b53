"""What is counted beside an answer."""

from __future__ import annotations

import pytest

from sluice.domain import Usage
from sluice.errors import ModelUnpriced
from sluice.metering import Meter
from sluice.spending import Price
from sluice.testing.ledger import InMemoryLedger


class OnePrice:
    """Knows the price of one model."""

    async def of(self, model: str) -> Price:
        if model != "known":
            raise ModelUnpriced
        return Price(prompt=0.5)


@pytest.fixture
def meter() -> Meter:
    return Meter(InMemoryLedger(), OnePrice(), {}, step_tokens=100)


async def test_what_has_no_cost_yet_is_priced(meter: Meter) -> None:
    """By the list of prices."""
    await meter.note("known", Usage(prompt_tokens=4))

    assert meter.beside == Usage(4, 0, 2.0)


async def test_what_a_provider_bills_by_searches_keeps_its_cost(meter: Meter) -> None:
    """A reranking model has no price for a token, and needs none."""
    await meter.note("cohere/rerank-v3.5", Usage(cost=0.002))

    assert meter.beside == Usage(0, 0, 0.002)
