"""A Runtime API without a runtime: the tests play it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from local.runtime_api import Invocation, RuntimeApi
from tests.runtime_api.client import RuntimeConnection

Invoke = Callable[..., Coroutine[Any, Any, Invocation]]
Connect = Callable[[], Coroutine[Any, Any, RuntimeConnection]]


@pytest.fixture
async def api() -> AsyncIterator[RuntimeApi]:
    async with RuntimeApi() as api:
        yield api


@pytest.fixture
def invoke(api: RuntimeApi) -> Invoke:
    """Invoke with an event; the request id counts up from `r1`."""
    made = 0

    async def invoke(event: bytes = b"{}") -> Invocation:
        nonlocal made
        made += 1
        return await api.invoke(event, request_id=f"r{made}", deadline_ms=1_800_000_000_000, function_arn="arn:f")

    return invoke


@pytest.fixture
async def connect(api: RuntimeApi) -> AsyncIterator[Connect]:
    """Open a connection as the runtime; all are closed in the end."""
    async with AsyncExitStack() as stack:

        async def connect() -> RuntimeConnection:
            connection = await RuntimeConnection.open(api.address)
            stack.push_async_callback(connection.close)
            return connection

        yield connect


@pytest.fixture
async def runtime(connect: Connect) -> RuntimeConnection:
    return await connect()
