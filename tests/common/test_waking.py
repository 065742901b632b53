"""Waiting for a database that is starting."""

from __future__ import annotations

import asyncio

import pytest

from sluice.errors import DatabaseUnavailable, DatabaseWaking
from sluice.waking import Waking


class Calls:
    """Calls of a database, each of which does what the next of `outcomes` says."""

    def __init__(self, *outcomes: Exception | asyncio.Event | str) -> None:
        self._outcomes = list(outcomes)

    async def __call__(self) -> str:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, asyncio.Event):
            await outcome.wait()
            return "late"
        return outcome


async def test_a_database_that_turns_calls_away_is_told_at_once_and_waited_for() -> None:
    waking = Waking(limit=60, notice=60)

    assert await waking.query(Calls(DatabaseWaking(), "awake")) == "awake"
    assert waking.noticed.is_set()


async def test_a_call_that_hangs_is_told_while_it_is_waited_for() -> None:
    waking, gate = Waking(limit=60, notice=0.01), asyncio.Event()
    calling = asyncio.create_task(waking.query(Calls(gate)))

    await asyncio.wait_for(waking.noticed.wait(), timeout=10)
    gate.set()

    assert await calling == "late"


async def test_of_a_database_that_is_awake_nothing_is_told() -> None:
    waking = Waking(limit=60, notice=0.01)

    assert await waking.query(Calls("awake")) == "awake"
    await asyncio.sleep(0.05)  # longer than until the notice; longer still changes nothing
    assert not waking.noticed.is_set()


@pytest.mark.parametrize("error", [DatabaseWaking(), DatabaseUnavailable()])
async def test_patience_ends_with_the_time_and_with_other_errors(error: DatabaseUnavailable) -> None:
    with pytest.raises(type(error)):
        await Waking(limit=0).wait(Calls(error, "awake"))
