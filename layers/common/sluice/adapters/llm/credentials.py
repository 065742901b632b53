"""Which variables a model's provider wants to find in the environment."""

from __future__ import annotations

from sluice.adapters.llm import library
from sluice.adapters.llm.prices import FREE


async def missing_variables(model: str) -> list[str]:
    """Return the names of the variables that calls to `model` lack, as far as LiteLLM knows; asks nobody."""
    if model.startswith(FREE):
        return []
    litellm = await library.loaded()
    found = litellm.validate_environment(model)
    return [] if found["keys_in_environment"] else sorted(found["missing_keys"])
