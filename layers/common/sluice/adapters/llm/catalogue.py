"""LiteLLM's list of models, read from its package without importing it, for which a first answer would wait seconds."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

FILE = "model_prices_and_context_window_backup.json"


@lru_cache(maxsize=64)  # of models asked for; the whole list would take more memory than the rest of a small function
def entry(model: str) -> Mapping[str, Any] | None:
    """Return what the list says of a model under its own name or, without the prefix, of the same provider's."""
    listed = _read()
    found = listed.get(model)
    if found is None:
        provider, _, name = model.partition("/")
        found = listed.get(name)
        if found and found.get("litellm_provider") != provider:
            return None
    return found


def _read() -> Mapping[str, Mapping[str, Any]]:
    package = importlib.util.find_spec("litellm")
    folders = package.submodule_search_locations if package else None
    files = [Path(folder) / FILE for folder in folders or ()]
    listed: Mapping[str, Mapping[str, Any]] = orjson.loads(files[0].read_bytes()) if files else {}
    return listed
