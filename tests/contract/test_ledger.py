"""What every ledger does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.ledger import PostgresLedger
from sluice.domain import Allowance, Usage, uuid7
from sluice.errors import LimitReached, MoneySpent, TokensSpent, TooManyRequests, TooManyStreams
from sluice.spending import DayUsed, Hold, Ledger, Used
from sluice.testing.ledger import InMemoryLedger

ADA = "user:acme/ada"
KEY = "key:AbCd1234"


class TimedLedger(Ledger, Protocol):
    """A ledger whose time a test can let pass."""

    async def advance(self, seconds: float) -> None: ...


class PostgresInTime(PostgresLedger):
    """Lets time pass by moving what is stored into the past."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._test_database = database

    async def advance(self, seconds: float) -> None:
        ago = {"ago": timedelta(seconds=seconds)}
        await self._test_database.fetch("update request_pace set due = due - %(ago)s where due > '-infinity'", ago)
        await self._test_database.fetch("update hold set expires_at = expires_at - %(ago)s", ago)


@pytest.fixture(params=["fake", "postgres"])
def ledger(request: pytest.FixtureRequest) -> TimedLedger:
    if request.param == "fake":
        return InMemoryLedger()
    database: Database = request.getfixturevalue("database")
    return PostgresInTime(database)


def hold(tokens: int = 100, dollars: float = 0.0) -> Hold:
    return Hold(uuid7(), tokens, dollars)


async def admitted(ledger: Ledger, allowance: Allowance, wanted: Hold | None = None) -> Hold | LimitReached | None:
    try:
        return await ledger.admit({ADA: allowance}, wanted, seconds=60)
    except LimitReached as error:
        return error


async def test_a_burst_is_admitted_then_one_by_one(ledger: TimedLedger) -> None:
    """Ten a minute with a burst of three: three at once, then one every six seconds."""
    ten_a_minute = Allowance(requests_per_minute=10, burst=3)

    at_once = [await admitted(ledger, ten_a_minute) for _ in range(4)]
    await ledger.advance(6.1)
    later = [await admitted(ledger, ten_a_minute) for _ in range(2)]

    refused = [isinstance(outcome, TooManyRequests) for outcome in [*at_once, *later]]
    assert refused == [False, False, False, True, False, True]
    assert isinstance(at_once[3], TooManyRequests)
    assert at_once[3].retry_after == pytest.approx(6, abs=1)


async def test_a_refused_request_costs_nothing(ledger: TimedLedger) -> None:
    """Whoever keeps knocking does not have to wait longer for it."""
    slow = Allowance(requests_per_minute=1, burst=1)
    await admitted(ledger, slow)

    for _ in range(20):
        await admitted(ledger, slow)
    await ledger.advance(60.1)

    assert await admitted(ledger, slow) is None


async def test_streams_are_counted_until_they_are_settled(ledger: TimedLedger) -> None:
    """Two at a time: the third has to wait for one to end."""
    two = Allowance(streams=2)
    first, second, third = hold(), hold(), hold()
    await admitted(ledger, two, first)
    await admitted(ledger, two, second)

    refused = await admitted(ledger, two, third)
    await ledger.settle({ADA: two}, first, Usage())

    assert isinstance(refused, TooManyStreams)
    assert await admitted(ledger, two, third) == third


async def test_a_stream_that_was_lost_is_forgotten_after_a_while(ledger: TimedLedger) -> None:
    """An environment that died does not lock its user out for ever."""
    one = Allowance(streams=1)
    await admitted(ledger, one, hold())

    await ledger.advance(61)

    assert isinstance(await admitted(ledger, one, hold()), Hold)


async def test_what_is_held_is_not_promised_twice(ledger: TimedLedger) -> None:
    """The second answer gets what the first has left, the third nothing until one is settled."""
    daily = Allowance(tokens_per_day=150)
    first, second, third = hold(100), hold(100), hold(100)

    granted = [await admitted(ledger, daily, each) for each in (first, second, third)]

    assert granted[:2] == [first, Hold(second.id, 50, 0.0)]
    assert isinstance(granted[2], TokensSpent)
    assert granted[2].retry_after == 5


async def test_spent_tokens_are_gone_until_tomorrow(ledger: TimedLedger) -> None:
    """Retry-After is the time to midnight in UTC."""
    daily = Allowance(tokens_per_day=150)
    wanted = hold(100)
    await admitted(ledger, daily, wanted)
    await ledger.settle({ADA: daily}, wanted, Usage(100, 60))

    refused = await admitted(ledger, daily, hold())

    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert isinstance(refused, TokensSpent)
    assert refused.retry_after == pytest.approx((midnight - now).total_seconds(), abs=60)


@pytest.mark.parametrize("span", ["day", "month"])
async def test_spent_money_is_gone(ledger: TimedLedger, span: str) -> None:
    """Both budgets refuse by themselves."""
    allowance = Allowance(**{f"dollars_per_{span}": 1.0})  # type: ignore[arg-type] # the name decides its type
    wanted = hold(10, 0.4)
    await admitted(ledger, allowance, wanted)
    await ledger.settle({ADA: allowance}, wanted, Usage(10, 10, 1.01))

    assert isinstance(await admitted(ledger, allowance, hold(10, 0.4)), MoneySpent)


async def test_a_hold_grows_as_far_as_there_is_room(ledger: TimedLedger) -> None:
    """A long answer takes more, but never what another answer holds."""
    allowance = Allowance(tokens_per_day=200, dollars_per_day=1.0)
    mine, other = hold(50, 0.2), hold(60, 0.3)
    await admitted(ledger, allowance, mine)
    await admitted(ledger, allowance, other)

    once = await ledger.extend({ADA: allowance}, mine, tokens=40, dollars=0.1)
    twice = await ledger.extend({ADA: allowance}, once, tokens=100, dollars=5.0)

    assert (once.tokens, round(once.dollars, 6)) == (90, 0.3)
    assert (twice.tokens, round(twice.dollars, 6)) == (140, 0.7)


async def test_a_hold_without_a_budget_grows_freely(ledger: TimedLedger) -> None:
    """Only the number of streams is limited here."""
    allowance = Allowance(streams=3)
    mine = hold(50, 0.2)
    await admitted(ledger, allowance, mine)

    longer = await ledger.extend({ADA: allowance}, mine, tokens=1_000, dollars=9.0)

    assert (longer.tokens, round(longer.dollars, 6)) == (1_050, 9.2)


async def test_settling_twice_books_once(ledger: TimedLedger) -> None:
    """A write that is repeated after a lost connection is safe."""
    allowance = Allowance(tokens_per_day=1_000)
    wanted = hold()
    await admitted(ledger, allowance, wanted)

    for _ in range(2):
        await ledger.settle({ADA: allowance}, wanted, Usage(30, 12, 0.5))

    assert await ledger.used(ADA) == Used(Usage(30, 12, 0.5), Usage(30, 12, 0.5), 1, 1, 0)


async def test_spending_is_booked_without_limits_too(ledger: TimedLedger) -> None:
    """Whoever sets no limits sees what was spent all the same."""
    for _ in range(2):
        await ledger.settle({ADA: Allowance()}, None, Usage(30, 12, 0.25))

    assert await ledger.used(ADA) == Used(Usage(60, 24, 0.5), Usage(60, 24, 0.5), 2, 2, 0)


async def test_all_subjects_are_charged_or_none(ledger: TimedLedger) -> None:
    """A key that is over its limit does not eat up what its user may."""
    user, key = Allowance(requests_per_minute=1, burst=2), Allowance(requests_per_minute=1, burst=1)
    limits = {ADA: user, KEY: key}
    await ledger.admit(limits, None, seconds=60)

    with pytest.raises(TooManyRequests):
        await ledger.admit(limits, None, seconds=60)

    assert await admitted(ledger, user) is None


async def test_a_released_hold_books_nothing(ledger: TimedLedger) -> None:
    """An answer that never came is not an answer."""
    allowance = Allowance(tokens_per_day=100)
    wanted = hold(100)
    await admitted(ledger, allowance, wanted)
    await ledger.settle({ADA: allowance}, wanted, Usage())

    assert await ledger.used(ADA) == Used(Usage(0, 0, 0.0), Usage(0, 0, 0.0))
    assert isinstance(await admitted(ledger, allowance, hold(100)), Hold)


async def test_nobody_slips_through_in_a_crowd(database: Database) -> None:
    """Forty at once, ten of them allowed: exactly ten pass, with all their subjects, and nobody waits for ever."""
    ledger = PostgresLedger(database)
    rates = {ADA: Allowance(requests_per_minute=1, burst=10), KEY: Allowance(tokens_per_day=10_000)}

    async def one() -> bool:
        try:
            await ledger.admit(rates, hold(100), seconds=60)
        except LimitReached:
            return False
        return True

    outcomes = await asyncio.gather(*(one() for _ in range(40)))

    held = await database.fetch("select subject, count(*) from hold group by subject order by subject")
    assert outcomes.count(True) == 10
    assert [(row["subject"], row["count"]) for row in held] == [(KEY, 10), (ADA, 10)]


async def test_each_day_is_told_also_one_without_an_answer(ledger: TimedLedger) -> None:
    """Today is the last; what other subjects spent is not in it."""
    await ledger.settle({ADA: Allowance()}, None, Usage(10, 2, 0.25))
    await ledger.settle({ADA: Allowance(), KEY: Allowance()}, None, Usage(5, 1, 0.25))
    await ledger.settle({KEY: Allowance()}, None, Usage(100, 100, 1.0))
    today = datetime.now(UTC).date()

    assert await ledger.daily(ADA, 3) == [
        DayUsed(today - timedelta(days=2), Usage(0, 0, 0.0)),
        DayUsed(today - timedelta(days=1), Usage(0, 0, 0.0)),
        DayUsed(today, Usage(15, 3, 0.5), answers=2),
    ]


async def test_what_is_spent_beside_answers_counts_but_is_none(ledger: TimedLedger) -> None:
    """A title costs tokens, and nobody asked for it."""
    await ledger.settle({ADA: Allowance()}, None, Usage(10, 2, 0.25))

    await ledger.book({ADA: Allowance()}, Usage(5, 1, 0.25))

    used = await ledger.used(ADA)
    assert (used.day, used.day_answers, used.month_answers) == (Usage(15, 3, 0.5), 1, 1)
    assert await ledger.daily(ADA, 1) == [DayUsed(datetime.now(UTC).date(), Usage(15, 3, 0.5), answers=1)]
