"""What models cost."""

from __future__ import annotations

import pytest

from sluice.adapters.llm.prices import LiteLLMPrices
from sluice.domain import Usage
from sluice.errors import ModelUnpriced
from sluice.spending import Price


@pytest.mark.parametrize("model", ["offline/extractive", "ollama_chat/llama3.2", "hosted_vllm/anything"])
async def test_models_on_ones_own_machine_are_free(model: str) -> None:
    """Nobody sends a bill for them."""
    assert await LiteLLMPrices().of(model) == Price(0.0, 0.0)


async def test_a_known_model_costs_what_the_list_says() -> None:
    """An answer costs more than its prompt does."""
    price = await LiteLLMPrices().of("openai/gpt-5")

    assert price == Price(1.25e-06, 1e-05)
    assert price.priced(Usage(1_000, 500)) == Usage(1_000, 500, 0.00625)


async def test_a_model_that_the_list_has_by_another_name_costs_what_litellm_makes_of_it() -> None:
    """A fine-tuned one is its base with a name behind it."""
    assert await LiteLLMPrices().of("openai/ft:gpt-4o-mini-2024-07-18:acme::id") == Price(3e-07, 1.2e-06)


@pytest.mark.parametrize("model", ["openai/no-such-model", "bedrock/no.such-model-v1:0", "nonsense"])
async def test_a_model_that_nobody_knows_is_an_error(model: str) -> None:
    """The message says which setting to write its price into."""
    with pytest.raises(ModelUnpriced, match=r"SLUICE_MODEL_PRICES .*" + model.split("/")[-1][:9]):
        await LiteLLMPrices().of(model)


async def test_the_operators_price_comes_first() -> None:
    """For models that the list does not know, and for contracts that it does not know of; zero means free."""
    prices = LiteLLMPrices({"openai/gpt-5": (1.0, 2.0), "openai/mine": (0.0, 0.0)})

    assert [await prices.of("openai/gpt-5"), await prices.of("openai/mine")] == [Price(1e-06, 2e-06), Price()]
