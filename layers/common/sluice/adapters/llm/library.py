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
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.adapters.llm import deferring, reexporting, stub_provider
from sluice.adapters.llm.late_encoding import LateEncoding

ENVIRONMENT: Mapping[str, str] = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else importing it fetches a price list from the network
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # the same for a list of headers
    "LITELLM_MODE": "PRODUCTION",  # else importing it reads a .env file in the working directory
    # OpenAI's models then go the same way as most other providers'. Their client's way compares each message with each
    # kind that there is, which takes longer than all the rest of a call.
    "EXPERIMENTAL_OPENAI_BASE_LLM_HTTP_HANDLER": "True",
}


@functools.cache
def load() -> Any:
    """Import LiteLLM, quiet and with the offline models registered; later calls return at once."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    deferring.install()
    reexporting.install()
    with _undisturbed():
        litellm: Any = importlib.import_module("litellm")
        main: Any = importlib.import_module("litellm.main")
    main.encoding = LateEncoding(functools.partial(main.__getattr__, "encoding"))
    # The client of OpenAI has no type for the vectors in bytes that it lets one ask for.
    warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.disable_token_counter = True  # else each answer begins by counting, and the first by reading 100,000 tokens
    litellm.drop_params = True  # a provider without, say, stream_options still answers
    litellm.DEFAULT_MAX_RETRIES = 0  # its embedding calls take this when they are told max_retries=0
    for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # its errors quote prompts and provider bodies
    importlib.import_module("sluice.adapters.llm.unrecorded")
    provider = importlib.import_module("sluice.adapters.llm.offline_provider")
    litellm.custom_provider_map = [{"provider": provider.NAME, "custom_handler": provider.OfflineProvider()}]
    importlib.import_module("litellm.utils").custom_llm_setup()  # which calls that are not recorded leave out
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


def unrecorded(call_type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a call with one more, for which LiteLLM does not write it down; it must be imported."""
    module = importlib.import_module("sluice.adapters.llm.unrecorded")
    return {**options, "litellm_logging_obj": module.Unrecorded(call_type, options)}


async def loaded() -> Any:
    """Import LiteLLM in a thread, so that the event loop goes on meanwhile."""
    return load() if load.cache_info().currsize else await asyncio.to_thread(load)


@functools.cache
def prime(model: str, *, embeds: bool = False) -> None:
    """Do ahead what a first call to `model` does once, by rehearsing one; blocks, so run it in a thread.

    The first call after importing LiteLLM costs up to a second more, later ones milliseconds. No client is left of it.
    """
    asyncio.run(_rehearse(load(), model, embeds=embeds))


async def _rehearse(litellm: Any, model: str, *, embeds: bool) -> None:
    """Call a provider that is not there; where it does not speak the model's protocol, the library answers itself."""
    async with stub_provider.running() as address:
        try:
            await _call(litellm, model, address, embeds=embeds)
        except Exception:  # noqa: BLE001 - what can't be rehearsed is slower the first time, and nothing worse
            with contextlib.suppress(Exception):
                await _call(litellm, model, address, embeds=embeds, mock_response="!")
    await litellm.close_litellm_async_clients()
    litellm.in_memory_llm_clients_cache.flush_cache()


async def _call(litellm: Any, model: str, address: str, *, embeds: bool, **options: Any) -> None:
    options |= {"model": model, "api_base": address, "api_key": "none", "max_retries": 0, "timeout": 5.0}
    if model.startswith("bedrock/"):
        options |= {"aws_access_key_id": "none", "aws_secret_access_key": "none", "aws_region_name": "us-east-1"}
    if embeds:
        await litellm.aembedding(input=["?"], **options)
        return
    messages = [{"role": "user", "content": "?"}]
    answer = await litellm.acompletion(
        messages=messages, stream=True, stream_options={"include_usage": True}, **options
    )
    async for _ in answer:
        pass


async def close() -> None:
    """Close the connections that LiteLLM keeps."""
    if load.cache_info().currsize:
        await load().close_litellm_async_clients()
