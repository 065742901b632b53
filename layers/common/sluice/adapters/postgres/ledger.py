"""The ledger on PostgreSQL. Each call is one statement; the weighing itself is `sluice_admit` in the migrations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.domain import Usage
from sluice.errors import LimitReached, MoneySpent, TokensSpent, TooManyRequests, TooManyStreams
from sluice.spending import DayUsed, Hold, Limits, Used

_REFUSALS: dict[str, type[LimitReached]] = {
    "requests": TooManyRequests,
    "streams": TooManyStreams,
    "tokens_per_day": TokensSpent,
    "tokens_per_month": TokensSpent,
    "dollars_per_day": MoneySpent,
    "dollars_per_month": MoneySpent,
}


class PostgresLedger:
    """The `Ledger` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, limits: Limits, hold: Hold | None, *, seconds: float) -> Hold | None:
        """Charge a request to all subjects or to none; raise `LimitReached`."""
        [row] = await self._database.fetch(
            sql.query("limits", "admit"),
            {"limits": _limits(limits), "seconds": seconds, **_asked(hold)},
        )
        if refused := row["refused_by"]:
            raise _REFUSALS[refused](retry_after=row["retry_after"])
        return replace(hold, tokens=row["held_tokens"], dollars=row["held_dollars"]) if hold else None

    async def extend(self, limits: Limits, hold: Hold, *, tokens: int, dollars: float) -> Hold:
        """Keep back more, as far as there is more."""
        more = _asked(Hold(hold.id, tokens, dollars))
        [row] = await self._database.fetch(sql.query("limits", "extend"), {"limits": _limits(limits), **more})
        if row["held_tokens"] is None:  # the hold is gone: its time was up, or the database forgot it
            return hold
        return replace(hold, tokens=row["held_tokens"], dollars=row["held_dollars"])

    async def settle(self, limits: Limits, hold: Hold | None, usage: Usage) -> None:
        """Give the hold back and book what was really spent."""
        await self._settle(limits, hold, usage, answers=1)

    async def book(self, limits: Limits, usage: Usage) -> None:
        """Book what was spent beside answers."""
        await self._settle(limits, None, usage, answers=0)

    async def _settle(self, limits: Limits, hold: Hold | None, usage: Usage, *, answers: int) -> None:
        await self._database.fetch(
            sql.query("limits", "settle"),
            {
                "hold_id": hold.id if hold else None,
                "subjects": sorted(limits),
                "answers": answers,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "dollars": usage.cost or 0.0,
                "booked": usage.tokens > 0 or bool(usage.cost),
            },
        )

    async def used(self, subject: str) -> Used:
        """Return what the subject has used up."""
        [row] = await self._database.fetch(sql.query("limits", "used"), {"subject": subject})
        return Used(_usage(row, "day"), _usage(row, "month"), row["day_answers"], row["month_answers"], row["streams"])

    async def daily(self, subject: str, days: int) -> list[DayUsed]:
        """Return what the subject has used up on each of the last days."""
        rows = await self._database.fetch(sql.query("limits", "daily"), {"subject": subject, "days": days})
        return [
            DayUsed(row["day"], Usage(row["prompt_tokens"], row["completion_tokens"], row["dollars"]), row["answers"])
            for row in rows
        ]


def _limits(limits: Limits) -> Jsonb:
    return Jsonb({subject: allowance.limits() for subject, allowance in limits.items()})


def _asked(hold: Hold | None) -> dict[str, Any]:
    return {
        "hold_id": hold.id if hold else None,
        "tokens": hold.tokens if hold else 0,
        "dollars": hold.dollars if hold else 0.0,
    }


def _usage(row: dict[str, Any], span: str) -> Usage:
    prompt = row[f"{span}_prompt_tokens"]
    return Usage(prompt, row[f"{span}_tokens"] - prompt, row[f"{span}_dollars"])
