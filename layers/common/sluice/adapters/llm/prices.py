"""What models cost, by LiteLLM's list of prices, which comes with its package."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.adapters.llm import catalogue, library
from sluice.errors import ModelUnpriced
from sluice.spending import Price

# Models that run on the operator's own machines.
FREE = ("offline/", "ollama/", "ollama_chat/", "lm_studio/", "llamafile/", "hosted_vllm/")
MILLION = 1_000_000


class LiteLLMPrices:
    """The `Prices` by LiteLLM's list. `own` is the operator's: dollars for a million tokens of prompt and of answer."""

    def __init__(self, own: Mapping[str, tuple[float, float]] | None = None) -> None:
        self._known = {
            model: Price(prompt / MILLION, completion / MILLION) for model, (prompt, completion) in (own or {}).items()
        }

    async def of(self, model: str) -> Price:
        """Return the model's price; raise `ModelUnpriced`."""
        if model not in self._known:
            self._known[model] = Price() if model.startswith(FREE) else await _listed(model)
        return self._known[model]


async def _listed(model: str) -> Price:
    entry = catalogue.entry(model) or {}
    # At 0 the list means that it does not know, except of moderation, for which hardly anybody asks for money.
    if entry.get("input_cost_per_token") or entry.get("mode") == "moderation":
        return Price(entry.get("input_cost_per_token") or 0.0, entry.get("output_cost_per_token") or 0.0)
    litellm = await library.loaded()
    try:
        # Some models cost more beyond a length of prompt; the price of short ones is what most requests pay.
        prompt, completion = litellm.cost_per_token(model=model, prompt_tokens=1, completion_tokens=1)
    except Exception as error:
        raise _unpriced(model) from error
    if not (prompt or completion):  # LiteLLM's answer for many models whose price it does not know
        raise _unpriced(model)
    return Price(prompt, completion)


def _unpriced(model: str) -> ModelUnpriced:
    example = f'{{"{model}": [0.5, 1.5]}}'
    return ModelUnpriced(
        f"The model {model} has no known price. Set SLUICE_MODEL_PRICES to US dollars for a million tokens of prompt "
        f"and of answer, such as {example}; [0, 0] if it is free."
    )
