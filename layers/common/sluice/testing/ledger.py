"""A ledger in memory, and prices that are what a test says."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sluice.domain import Allowance, Usage
from sluice.errors import (
    LimitReached,
    ModelUnpriced,
    MoneySpent,
    SluiceError,
    TokensSpent,
    TooManyRequests,
    TooManyStreams,
)
from sluice.spending import DayUsed, Hold, Limits, Price, Used


@dataclass
class FixedPrices:
    """Every model costs the same; those in `unpriced` have no price."""

    price: Price = Price()  # noqa: RUF009 - frozen
    unpriced: frozenset[str] = frozenset()

    async def of(self, model: str) -> Price:
        if model in self.unpriced:
            raise ModelUnpriced
        return self.price


@dataclass(frozen=True)
class _Held:
    hold: Hold
    subjects: tuple[str, ...]
    expires_at: datetime


class InMemoryLedger:
    """The `Ledger` in dictionaries; `advance` lets time pass. `settled` records what was booked for answers.

    `failures` are raised by the settlements to come, one each.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self._due: dict[str, datetime] = {}
        self._held: dict[UUID, _Held] = {}
        self._spent: dict[tuple[str, datetime], list[Usage]] = defaultdict(list)
        self._beside: Counter[tuple[str, datetime]] = Counter()
        self.settled: list[Usage] = []
        self.failures: list[SluiceError] = []

    async def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def admit(self, limits: Limits, hold: Hold | None, *, seconds: float) -> Hold | None:
        for subject, allowance in sorted(limits.items()):
            self._weigh_pace(subject, allowance)
            if hold:
                self._weigh(subject, allowance)
        for subject, allowance in limits.items():
            if allowance.requests_per_minute:
                due = max(self.now, self._due.get(subject, self.now))
                self._due[subject] = due + timedelta(seconds=60 / allowance.requests_per_minute)
        if hold is None:
            return None
        tokens, dollars = self._room(limits)
        granted = Hold(hold.id, int(min(hold.tokens, tokens)), min(hold.dollars, dollars))
        self._held[hold.id] = _Held(granted, tuple(limits), self.now + timedelta(seconds=seconds))
        return granted

    async def extend(self, limits: Limits, hold: Hold, *, tokens: int, dollars: float) -> Hold:
        held = self._held[hold.id]
        room_tokens, room_dollars = self._room(limits)
        longer = Hold(
            hold.id,
            held.hold.tokens + int(max(0, min(tokens, room_tokens))),
            held.hold.dollars + max(0.0, min(dollars, room_dollars)),
        )
        self._held[hold.id] = replace(held, hold=longer)
        return longer

    async def settle(self, limits: Limits, hold: Hold | None, usage: Usage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if hold is not None and self._held.pop(hold.id, None) is None:
            return
        if usage.tokens or usage.cost:
            self.settled.append(usage)
            for subject in limits:
                self._spent[subject, _day(self.now)].append(usage)

    async def book(self, limits: Limits, usage: Usage) -> None:
        for subject in limits:
            self._spent[subject, _day(self.now)].append(usage)
            self._beside[subject, _day(self.now)] += 1

    async def used(self, subject: str) -> Used:
        day = self._spent[subject, _day(self.now)]
        month = [
            usage
            for (whose, spent_on), usages in self._spent.items()
            if whose == subject and (spent_on.year, spent_on.month) == (self.now.year, self.now.month)
            for usage in usages
        ]
        beside_today = self._beside[subject, _day(self.now)]
        beside = sum(count for (whose, _), count in self._beside.items() if whose == subject)
        answers = len(day) - beside_today, len(month) - beside
        return Used(_sum(day), _sum(month), *answers, len(self._live(subject)))

    async def daily(self, subject: str, days: int) -> list[DayUsed]:
        asked = [_day(self.now) - timedelta(days=ago) for ago in reversed(range(days))]
        spent = [(day, self._spent.get((subject, day), [])) for day in asked]
        return [DayUsed(day.date(), _sum(usages), len(usages) - self._beside[subject, day]) for day, usages in spent]

    def _live(self, subject: str) -> list[Hold]:
        return [held.hold for held in self._held.values() if subject in held.subjects and held.expires_at > self.now]

    def _weigh_pace(self, subject: str, allowance: Allowance) -> None:
        if not allowance.requests_per_minute:
            return
        interval = 60 / allowance.requests_per_minute
        ahead = (self._due.get(subject, self.now) - self.now).total_seconds()
        wait = max(0.0, ahead) - ((allowance.burst or 1) - 1) * interval
        if wait > 1e-6:
            raise TooManyRequests(retry_after=wait)

    def _weigh(self, subject: str, allowance: Allowance) -> None:
        if allowance.streams is not None and len(self._live(subject)) >= allowance.streams:
            raise TooManyStreams(retry_after=1)
        for span, seconds in (("day", self._until_tomorrow()), ("month", self._until_next_month())):
            for kind, error in (("tokens", TokensSpent), ("dollars", MoneySpent)):
                left, held = self._left(subject, allowance, kind, span)
                if left is not None and left <= 0:
                    refused: type[LimitReached] = error
                    raise refused(retry_after=5 if left + held > 0 else seconds)

    def _left(self, subject: str, allowance: Allowance, kind: str, span: str) -> tuple[float | None, float]:
        limit: float | None = getattr(allowance, f"{kind}_per_{span}")
        held = float(sum(getattr(hold, kind) for hold in self._live(subject)))
        if limit is None:
            return None, held
        spent = sum(
            usage.tokens if kind == "tokens" else usage.cost or 0.0
            for (whose, spent_on), usages in self._spent.items()
            if whose == subject and spent_on >= (_day(self.now) if span == "day" else _day(self.now).replace(day=1))
            for usage in usages
        )
        return limit - spent - held, held

    def _room(self, limits: Limits) -> tuple[float, float]:
        rooms = []
        for kind in ("tokens", "dollars"):
            lefts = [self._left(who, what, kind, span)[0] for who, what in limits.items() for span in ("day", "month")]
            rooms.append(min((left for left in lefts if left is not None), default=float("inf")))
        return rooms[0], rooms[1]

    def _until_tomorrow(self) -> float:
        return (_day(self.now) + timedelta(days=1) - self.now).total_seconds()

    def _until_next_month(self) -> float:
        first = (_day(self.now).replace(day=1) + timedelta(days=32)).replace(day=1)
        return (first - self.now).total_seconds()


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _sum(usages: list[Usage]) -> Usage:
    return Usage(
        sum(usage.prompt_tokens for usage in usages),
        sum(usage.completion_tokens for usage in usages),
        sum(usage.cost or 0.0 for usage in usages),
    )
