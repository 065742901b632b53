"""A small stack of its own, run in real execution environments."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from local.concurrency import Lambda
from local.environment import Environment, is_reserved
from local.function_url import FunctionUrl
from local.http_server import HttpServer, bind
from local.template import Place, Stack, read

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).with_name("template.yaml")

# How long a test waits for what another process does; nothing is measured by it.
PATIENCE_SECONDS = 30

Serve = Callable[..., Awaitable[tuple[httpx.AsyncClient, Lambda]]]


@pytest.fixture
def stack() -> Stack:
    return read(TEMPLATE, Place())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something that other processes do has come true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - nothing in this process announces it
            await asyncio.sleep(0.02)


def variables(own: Mapping[str, str]) -> dict[str, str]:
    """Return a function's variables over those of this process."""
    return {**{name: value for name, value in os.environ.items() if not is_reserved(name)}, **own}


@pytest.fixture
async def serve(stack: Stack) -> AsyncIterator[Serve]:
    """Start a function of the stack behind its URL, with some settings changed; return a client and the function."""
    async with AsyncExitStack() as started:

        async def start(
            name: str = "ChatFunction", *, limit: int = 10, **changes: object
        ) -> tuple[httpx.AsyncClient, Lambda]:
            settings = replace(stack.functions[name], **changes)  # type: ignore[arg-type] # any of its fields
            make = lambda: Environment(settings, ROOT, variables(settings.environment))  # noqa: E731 - one expression
            function = await started.enter_async_context(Lambda(settings, make, limit=limit))
            await function.warm()
            assert settings.invoke_mode
            server = HttpServer(FunctionUrl(function, settings.invoke_mode), bind(0))
            await server.start()
            started.push_async_callback(server.stop)
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=30, trust_env=False)
            return await started.enter_async_context(client), function

        yield start
