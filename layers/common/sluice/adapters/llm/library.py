"""LiteLLM itself, imported when it is first needed: that takes seconds."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import importlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

ENVIRONMENT: Mapping[str, str] = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else importing it fetches a price list from the network
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # the same for a list of headers
    "LITELLM_MODE": "PRODUCTION",  # else importing it reads a .env file in the working directory
}

REFUSING = "http://127.0.0.1:9"
"""The discard port, where nothing listens: a call to it runs through everything but the network."""


@functools.cache
def load() -> Any:
    """Import LiteLLM, quiet and with the offline models registered; later calls return at once."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _undisturbed():
        litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.disable_token_counter = True  # else each answer begins by counting, and the first by reading 100,000 tokens
    litellm.drop_params = True  # a provider without, say, stream_options still answers
    litellm.DEFAULT_MAX_RETRIES = 0  # its embedding calls take this when they are told max_retries=0
    for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # its errors quote prompts and provider bodies
    provider = importlib.import_module("sluice.adapters.llm.offline_provider")
    litellm.custom_provider_map = [{"provider": provider.NAME, "custom_handler": provider.OfflineProvider()}]
    return litellm


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Look for no garbage among 3,000 modules while they load; let other threads in soon, since a client may wait."""
    was_collecting, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(min(interval, 0.001))
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if was_collecting:
            gc.freeze()
            gc.enable()


async def loaded() -> Any:
    """Import LiteLLM in a thread, so that the event loop goes on meanwhile."""
    return load() if load.cache_info().currsize else await asyncio.to_thread(load)


@functools.cache
def prime(model: str) -> None:
    """Import what a first chat call to `model` needs, by rehearsing one; blocks, so run it in a thread.

    The first call after importing LiteLLM costs up to a second more of imports, later ones milliseconds. No client is
    left of it.
    """
    asyncio.run(_rehearse(load(), model))


async def _rehearse(litellm: Any, model: str) -> None:
    """Make a call that is refused, and one that LiteLLM answers itself: together they run through all of a stream."""
    call = functools.partial(
        litellm.acompletion,
        model=model,
        messages=[{"role": "user", "content": "?"}],
        stream=True,
        api_base=REFUSING,
        api_key="none",
        max_retries=0,
        timeout=1.0,
    )
    with contextlib.suppress(Exception):  # it is made to fail
        await call()
    with contextlib.suppress(Exception):  # what can't be rehearsed is slower the first time, and nothing worse
        async for _ in await call(mock_response="!"):
            pass
    await litellm.close_litellm_async_clients()
    litellm.in_memory_llm_clients_cache.flush_cache()


async def close() -> None:
    """Close the connections that LiteLLM keeps."""
    if load.cache_info().currsize:
        await load().close_litellm_async_clients()
