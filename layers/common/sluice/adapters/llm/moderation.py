"""A moderation model with OpenAI's API, through LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.adapters.llm import failures, library
from sluice.ports.moderation import Verdict


class LiteLLMModerator:
    """Asks `model`, such as `openai/omni-moderation-latest`; `options` go to LiteLLM, for example `api_base`."""

    def __init__(self, model: str, *, options: Mapping[str, Any] | None = None) -> None:
        self._model = model
        self._options = dict(options or {})

    @property
    def model(self) -> str:
        return self._model

    async def ready(self) -> None:
        """Return once LiteLLM is imported."""
        await library.loaded()

    async def judge(self, text: str) -> Verdict:
        """Return the verdict on a text; raise `ModelError`."""
        litellm = await library.loaded()
        try:
            response = await litellm.amoderation(input=text, model=self._model, **self._options)
            [result] = response.results
        except Exception as error:
            raise failures.translate(error, self._model) from error
        found = dict(result.categories or {})
        return Verdict(bool(result.flagged), tuple(sorted(name for name, is_found in found.items() if is_found)))
