"""What answers cost and what is left: prices, holds, and the ledger that keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from sluice.domain import Allowance, Caller, Usage


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one token."""

    prompt: float = 0.0
    completion: float = 0.0

    def priced(self, usage: Usage) -> Usage:
        """Return the usage with its cost."""
        cost = usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion
        return replace(usage, cost=round(cost, 9))


class Prices(Protocol):
    """What models cost."""

    async def of(self, model: str) -> Price:
        """Return the model's price; raise `ModelUnpriced` when nobody knows it."""
        ...


@dataclass(frozen=True, slots=True)
class Hold:
    """What is kept back for an answer that is being written; at most this may be spent on it."""

    id: UUID
    tokens: int
    dollars: float


@dataclass(frozen=True, slots=True)
class Used:
    """What a subject has used up in this day and month (UTC), and how many answers are being written for it."""

    day: Usage
    month: Usage
    day_answers: int = 0
    month_answers: int = 0
    streams: int = 0


@dataclass(frozen=True, slots=True)
class DayUsed:
    """What a subject has used up on one day (UTC)."""

    day: date
    usage: Usage
    answers: int = 0


Limits = Mapping[str, Allowance]
"""The limits of a request, by the subject whose they are; all of them hold."""


class Ledger(Protocol):
    """Weighs requests against limits, exactly, however many come at once; keeps what was spent."""

    async def admit(self, limits: Limits, hold: Hold | None, *, seconds: float) -> Hold | None:
        """Charge a request to all subjects, or to none, and keep back what the hold asks for or what is left of it.

        A hold that is never settled ends after `seconds`. Raises `LimitReached`, with the time to come back.
        """
        ...

    async def extend(self, limits: Limits, hold: Hold, *, tokens: int, dollars: float) -> Hold:
        """Keep back more for an answer that is longer than was thought, as far as there is more."""
        ...

    async def settle(self, limits: Limits, hold: Hold | None, usage: Usage) -> None:
        """Give the hold back and book what was really spent; settling a hold again changes nothing."""
        ...

    async def book(self, limits: Limits, usage: Usage) -> None:
        """Book what was spent beside answers, such as on a title."""
        ...

    async def used(self, subject: str) -> Used:
        """Return what the subject has used up."""
        ...

    async def daily(self, subject: str, days: int) -> list[DayUsed]:
        """Return what the subject has used up on each of the last `days` days, today the last, be it nothing."""
        ...


def user_subject(caller: Caller) -> str:
    """Name the caller's user in the ledger."""
    return f"user:{quote(caller.tenant, safe='')}/{quote(caller.user, safe='')}"


def limits(caller: Caller, of_users: Allowance) -> Limits:
    """Return the limits of a caller: those of every user, and those of its own key."""
    of_key = {f"key:{caller.key_id}": caller.allowance} if caller.key_id and caller.allowance.limits() else {}
    return {user_subject(caller): of_users, **of_key}
