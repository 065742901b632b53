"""LiteLLM's list of models, as it is read without LiteLLM."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sluice.adapters.llm import LiteLLMChat, catalogue

MODELS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "azure/gpt-4o", "gpt-4o-mini"]
# In a process of its own, since loading LiteLLM while warnings are errors leaves it broken for the tests to come.
LITELLM_SAYS = """
import json, sys
from sluice.adapters.llm import library
price = library.load().cost_per_token
print(json.dumps([price(model=model, prompt_tokens=1, completion_tokens=1) for model in sys.argv[1:]]))
"""


def test_it_says_what_litellm_says() -> None:
    """The prices of a token, as LiteLLM itself reckons them."""
    run = subprocess.run([sys.executable, "-c", LITELLM_SAYS, *MODELS], capture_output=True, text=True, check=True)

    entries = [catalogue.entry(model) or {} for model in MODELS]
    ours = [[entry["input_cost_per_token"], entry["output_cost_per_token"]] for entry in entries]
    assert ours == json.loads(run.stdout)


@pytest.mark.parametrize("model", ["nobody/gpt-4o", "openai/my-own", "my-own"])
def test_another_providers_model_of_the_same_name_is_not_taken(model: str) -> None:
    """Its price would be a wrong one."""
    assert catalogue.entry(model) is None


async def test_a_models_context_is_as_the_list_has_it() -> None:
    """That of the model that is asked, and nothing of one that nobody knows."""
    model = LiteLLMChat("openai/gpt-4o")

    sizes = [await model.context_tokens(name) for name in (None, "anthropic/claude-sonnet-4-5", "openai/my-own")]

    assert sizes == [128_000, 200_000, None]
