"""A scripted provider for every test here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sluice.adapters.llm import library
from tests.llm import upstream as scripted


@pytest.fixture
async def upstream() -> AsyncIterator[scripted.Upstream]:
    """A provider on a loopback port; LiteLLM's connections to it are closed in the end."""
    async with scripted.running() as server:
        yield server
        await library.close()
