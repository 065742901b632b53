"""How the runtime waits for the next event."""

from __future__ import annotations

import pytest

from tests.streaming.conftest import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_all_polls_have_one_thread(start: Start) -> None:
    """A thread for each would cost a small answer a tenth of its time."""
    runtime = await start("threads.handler")

    [first, second, third] = [(await (await runtime.get("/")).end()).json() for _ in range(3)]

    assert len(first) == 1
    assert (second, third) == (first, first)
