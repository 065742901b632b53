"""Execution environments behind the real wrapper, one process a module where tests can share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.streaming.environment import ExecutionEnvironment
from tests.streaming.signals import SOCKET_VARIABLE, Signals

Start = Callable[..., Coroutine[Any, Any, ExecutionEnvironment]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def signals(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Signals]:
    signals = Signals(tmp_path_factory.mktemp("signals") / "socket")
    await signals.start()
    yield signals
    await signals.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def start(signals: Signals) -> AsyncIterator[Start]:
    """Start an environment for a handler; all end with the module."""
    async with AsyncExitStack() as stack:

        async def start(handler: str, **options: Any) -> ExecutionEnvironment:
            variables = {SOCKET_VARIABLE: signals.address, **options.pop("variables", {})}
            environment = ExecutionEnvironment(f"tests.streaming.apps.{handler}", variables=variables, **options)
            await environment.start()
            stack.push_async_callback(environment.close)
            return environment

        yield start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runtime(start: Start) -> ExecutionEnvironment:
    """The environment of the app in plain ASGI."""
    return await start("plain.handler")
