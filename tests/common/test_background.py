"""Work that nobody waits for."""

from __future__ import annotations

import asyncio
import gc
import weakref

from sluice import background


async def test_work_that_nobody_holds_comes_to_its_end() -> None:
    """A collection of garbage between its steps does not end it early."""
    waited_for: list[weakref.ref[asyncio.Future[None]]] = []
    ended = asyncio.Event()

    async def work() -> None:
        future = asyncio.get_running_loop().create_future()
        waited_for.append(weakref.ref(future))
        await future
        ended.set()

    background.begin(work())
    await asyncio.sleep(0)
    gc.collect()

    future = waited_for[0]()
    assert future is not None, "the work was collected"
    future.set_result(None)
    await asyncio.wait_for(ended.wait(), 10)
