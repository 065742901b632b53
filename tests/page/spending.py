"""Days of use that lie behind us, as the ledger would have kept them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg

NOBODY = "user:default/"
"""The user of a stack at which nobody signs in."""


def spend(database_url: str, days: list[tuple[int, int, int, float]]) -> None:
    """Book `(answers, prompt tokens, completion tokens, dollars)` for each day, yesterday the last."""
    today = datetime.now(UTC).date()
    rows = [(_ago(today, len(days) - place), *used) for place, used in enumerate(days)]
    statement = """
        insert into spending (subject, day, answers, prompt_tokens, completion_tokens, dollars)
        values (%s, %s, %s, %s, %s, %s) on conflict do nothing
    """
    with psycopg.connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(statement, [(NOBODY, *row) for row in rows])


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)
