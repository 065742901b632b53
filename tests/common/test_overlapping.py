"""Work that goes on beside other work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from sluice.overlapping import Ahead, Overlap, give_way


class Items:
    """Yields 1 to 3 and keeps what became of it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def generate(self) -> AsyncGenerator[int, None]:
        self.seen.append("begun")
        try:
            for number in (1, 2, 3):
                await asyncio.sleep(0)
                yield number
        finally:
            self.seen.append("closed")


async def test_a_generator_is_under_way_before_its_first_item_is_asked_for() -> None:
    items = Items()

    async with Ahead(items.generate()) as ahead:
        seen = list(items.seen)
        numbers = [number async for number in ahead]

    assert (seen, numbers, items.seen) == (["begun"], [1, 2, 3], ["begun", "closed"])


async def test_a_generator_whose_items_nobody_asks_for_is_closed_with_the_block() -> None:
    items = Items()

    async with Ahead(items.generate()):
        pass

    assert items.seen == ["begun", "closed"]


async def test_a_failure_before_the_first_item_is_raised_when_it_is_asked_for() -> None:
    async def generate() -> AsyncGenerator[int, None]:
        raise ValueError("no items")
        yield 1

    async with Ahead(generate()) as ahead:
        with pytest.raises(ValueError, match="no items"):
            await anext(ahead)


async def test_a_failure_that_nobody_asks_for_is_dropped() -> None:
    async def generate() -> AsyncGenerator[int, None]:
        raise ValueError("no items")
        yield 1

    async with Ahead(generate()):
        await asyncio.sleep(0)


async def test_work_that_overlaps_has_as_many_pieces_as_it_may_and_ends_in_its_order() -> None:
    async def work(number: int) -> int:
        return number

    async with Overlap[int](2) as overlap:
        overlap.begin(work(1))
        one = overlap.is_full
        overlap.begin(work(2))
        two = overlap.is_full
        results = [await overlap.oldest(), await overlap.oldest()]

    assert (one, two, results, overlap.is_busy) == (False, True, [1, 2], False)


async def test_work_that_overlaps_ends_with_the_block_that_is_cancelled() -> None:
    """Also what nobody waits for yet: it would keep whoever waits for the block."""
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    async def block() -> None:
        async with Overlap[None](2) as overlap:
            overlap.begin(work())
            overlap.begin(work())
            await overlap.oldest()

    blocking = asyncio.create_task(block())
    await give_way()
    blocking.cancel()
    await asyncio.wait([blocking], timeout=1)

    assert (ended, blocking.cancelled()) == (["work", "work"], True)


async def test_what_gives_way_goes_on_after_what_began_before_it_has_sent_a_request() -> None:
    """Which takes a task for the work and one for the writing; who waits for an answer is not waited for."""
    done: list[str] = []

    async def write() -> None:
        done.append("sent")

    async def request() -> None:
        await asyncio.create_task(write())
        await asyncio.Event().wait()

    asking = asyncio.create_task(request())
    await give_way()
    done.append("went on")
    asking.cancel()

    assert done == ["sent", "went on"]
