"""Calls of LiteLLM that do not go through a thread.

Its asynchronous functions let a thread make the request, since the code of some providers blocks meanwhile, to find
credentials say. OpenAI's does not. There the way to the thread and back takes as long as making the request, and longer
where this thread goes on with other work; what those functions do besides serves LiteLLM's own caches, budgets and
loggers, which nobody uses here.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal

from sluice.adapters.llm import library

NEVER_BLOCK = ("openai/",)
"""Models, by the beginning of their name, whose requests are made without waiting for anything."""

_DIRECT = {"acompletion": "completion", "aembedding": "embedding"}


class Calls:
    """Calls `acompletion` or `aembedding`, unrecorded; directly where nothing blocks, once a model was called before.

    A first call imports modules, for which the event loop is not to wait.
    """

    def __init__(self, function: Literal["acompletion", "aembedding"]) -> None:
        self._function = function
        self._called: set[str] = set()

    async def __call__(self, options: Mapping[str, Any]) -> Any:
        """Return LiteLLM's answer, and raise its errors."""
        litellm, model = await library.loaded(), options["model"]
        unrecorded = library.unrecorded(self._function, options)
        if model in self._called:
            return await self._directly(litellm, model, unrecorded)
        answer = await getattr(litellm, self._function)(**unrecorded)
        if model.startswith(NEVER_BLOCK):
            self._called.add(model)
        return answer

    async def _directly(self, litellm: Any, model: str, options: Mapping[str, Any]) -> Any:
        try:
            answer = getattr(litellm, _DIRECT[self._function])(**{self._function: True}, **options)
            return await answer if inspect.isawaitable(answer) else answer
        except Exception as error:
            provider = model.partition("/")[0]
            raise litellm.exception_type(model, original_exception=error, custom_llm_provider=provider) from error
