"""The real chat function in an execution environment of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.streaming.environment import ExecutionEnvironment


@asynccontextmanager
async def started(database: str, variables: Mapping[str, str]) -> AsyncIterator[ExecutionEnvironment]:
    """The chat function behind the exec wrapper."""
    common = {"SLUICE_DATABASE_URL": database, "SLUICE_BUCKET": "documents", "SLUICE_AUTH": "none"}
    environment = ExecutionEnvironment("tests.chat.apps.observed.handler", variables={**common, **variables})
    await environment.start()
    try:
        yield environment
    finally:
        await environment.close()
