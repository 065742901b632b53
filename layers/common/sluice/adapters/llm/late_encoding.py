"""LiteLLM's encoding of text as tokens, which it hands to every provider and few of them use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class LateEncoding:
    """Stands for the encoding that `load` reads, and has it read when it is first asked for something.

    Its table of 100,000 tokens takes 40 MB and 0.2 seconds.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._loaded = functools.cache(load)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loaded(), name)
