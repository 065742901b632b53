"""A reranking model of any provider that LiteLLM knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sluice.adapters.llm import failures, library
from sluice.domain import Usage
from sluice.errors import ModelError
from sluice.ports.reranking import Ranked, Ranking


class LiteLLMReranker:
    """Ranks texts with `model`, a LiteLLM name such as `cohere/rerank-v3.5`, `bedrock/...` or `hosted_vllm/...`.

    A call may take `timeout` seconds; `options` go to LiteLLM with each, for example `api_base`.
    """

    def __init__(self, model: str, *, timeout: float = 30.0, options: Mapping[str, Any] | None = None) -> None:
        self._model = model
        self._timeout = timeout
        self._options = dict(options or {})

    @property
    def model(self) -> str:
        return self._model

    def load(self) -> None:
        """Import LiteLLM; blocks for seconds, so run it in a thread."""
        library.load()

    async def ready(self) -> None:
        """Return once LiteLLM is imported."""
        await library.loaded()

    async def rerank(self, query: str, texts: Sequence[str], *, limit: int) -> Ranking:
        """Return the best texts, best first, and what that took; raise `ModelError`."""
        if not texts:
            return Ranking((), Usage())
        litellm = await library.loaded()
        try:
            async with asyncio.timeout(self._timeout):
                response = await litellm.arerank(
                    model=self._model,
                    query=query,
                    documents=list(texts),
                    top_n=min(limit, len(texts)),
                    return_documents=False,
                    max_retries=0,
                    **self._options,
                )
        except Exception as error:
            raise failures.translate(error, self._model) from error
        return Ranking(self._ranked(response.results, len(texts))[:limit], _usage(response))

    def _ranked(self, results: Sequence[Mapping[str, Any]] | None, count: int) -> tuple[Ranked, ...]:
        ranked = [Ranked(int(result["index"]), float(result["relevance_score"])) for result in results or ()]
        places = {each.index for each in ranked}
        if not ranked or len(places) < len(ranked) or not places <= set(range(count)):
            raise ModelError(f"The model {self._model} returned a ranking that does not fit the texts.")
        return tuple(sorted(ranked, key=lambda each: -each.relevance))


def _usage(response: Any) -> Usage:
    """Return what the provider counted and LiteLLM's price list makes of it; some bill searches and not tokens."""
    billed = (response.meta or {}).get("billed_units") or {}
    cost = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
    return Usage(prompt_tokens=int(billed.get("total_tokens") or 0), cost=float(cost or 0.0))
