"""The use case of the limits: admit a request, keep its answer within its budget, tell what is left."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from sluice import tokens
from sluice.domain import Allowance, Caller, Usage, uuid7
from sluice.errors import SluiceError
from sluice.events import AnswerDone, AnswerEvent, BudgetReached
from sluice.metering import BUDGET, Meter, MeteredModel
from sluice.ports import ChatModel
from sluice.spending import DayUsed, Hold, Ledger, Price, Prices, Used, limits, user_subject

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reserve:
    """What is kept back for an answer at first, in tokens, and for how many seconds at most."""

    prompt_tokens: int = 4_000
    answer_tokens: int = 1_000
    seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a caller's user has used, and what it and its key may; `limits` and `left` name only what is limited."""

    used: Used
    limits: dict[str, float]
    left: dict[str, float]
    days: list[DayUsed] = field(default_factory=list)


class Limiting:
    """Holds every caller to its limits; `of_users` are those of each user, beside which a key may have its own."""

    def __init__(
        self, *, ledger: Ledger, prices: Prices, model: str, of_users: Allowance, reserve: Reserve | None = None
    ) -> None:
        self._ledger = ledger
        self._prices = prices
        self._model = model
        self._of_users = of_users
        self._reserve = reserve or Reserve()

    async def pace(self, caller: Caller) -> None:
        """Charge a request that is no answer; raise `TooManyRequests`."""
        mine = limits(caller, self._of_users)
        if any(allowance.requests_per_minute for allowance in mine.values()):
            await self._ledger.admit(mine, None, seconds=0)

    def answer(self, caller: Caller, question: str, model: str | None) -> Admission:
        """Return the admission of an answer, still to be asked for."""
        meter = Meter(self._ledger, self._prices, limits(caller, self._of_users), self._reserve.answer_tokens)
        return Admission(meter, self._reserve, model or self._model, question)

    async def book(self, caller: Caller, model: str, usage: Usage) -> None:
        """Count what was spent for a caller beside answers; a ledger that is away costs the operator alone."""
        try:
            spent = usage if usage.cost is not None else (await self._prices.of(model)).priced(usage)
            await self._ledger.book(limits(caller, self._of_users), spent)
        except SluiceError:
            logger.exception("What was spent beside an answer could not be booked: %s", usage)

    async def report(self, caller: Caller, *, days: int = 0) -> Report:
        """Return what the caller's user has used, also on each of the last `days` days, and what is left."""
        mine = limits(caller, self._of_users)
        used = {subject: await self._ledger.used(subject) for subject in mine}
        left = _smallest(_left(allowance, used[subject]) for subject, allowance in mine.items())
        allowed = _smallest(allowance.limits() for allowance in mine.values())
        user = user_subject(caller)
        return Report(used[user], allowed, left, await self._ledger.daily(user, days) if days else [])


class Admission:
    """One answer's way past the limits. `await admission.ask()` before anything is promised to the client."""

    def __init__(self, meter: Meter, reserve: Reserve, model: str, question: str) -> None:
        self._meter = meter
        self._reserve = reserve
        self._model = model
        self._question = question

    async def ask(self) -> None:
        """Raise `LimitReached`, or `ModelUnpriced`; else the answer may begin."""
        meter = self._meter
        price = await meter.prices.of(self._model)
        allowances = meter.limits.values()
        hold = self._hold(price) if any(allowance.is_budgeted for allowance in allowances) else None
        if hold or any(allowance.limits() for allowance in allowances):
            meter.hold = await meter.ledger.admit(meter.limits, hold, seconds=self._reserve.seconds)

    def through(self, model: ChatModel) -> ChatModel:
        """Return the model with this answer's meter before it."""
        return MeteredModel(model, self._meter)

    async def book(self, model: str, usage: Usage) -> None:
        """Count what was spent on the answer beside its own model."""
        await self._meter.note(model, usage)

    async def follow(self, events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[AnswerEvent, None]:
        """Pass the events on, and tell when the budget has ended the answer; in the end nothing is held or unbooked."""
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, AnswerDone) and event.finish_reason == BUDGET:
                        yield BudgetReached()
                    yield event
        finally:
            await self.release()

    async def release(self) -> None:
        """Give back what is held for an answer that does not come."""
        await self._meter.release()

    def _hold(self, price: Price) -> Hold:
        prompt = self._reserve.prompt_tokens + tokens.estimate(self._question)
        usage = price.priced(Usage(prompt, self._reserve.answer_tokens))
        return Hold(uuid7(), usage.tokens, usage.cost or 0.0)


def _smallest(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the smallest amount of each name."""
    found: dict[str, float] = {}
    for each in amounts:
        found |= {name: min(amount, found.get(name, amount)) for name, amount in each.items()}
    return found


def _left(allowance: Allowance, used: Used) -> dict[str, float]:
    amounts: dict[str, float] = {
        "streams": used.streams,
        "tokens_per_day": used.day.tokens,
        "tokens_per_month": used.month.tokens,
        "dollars_per_day": used.day.cost or 0.0,
        "dollars_per_month": used.month.cost or 0.0,
    }
    return {name: max(0, limit - amounts[name]) for name, limit in allowance.limits().items() if name in amounts}
