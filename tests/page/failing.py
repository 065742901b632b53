"""Documents that have failed for a reason that has passed."""

from __future__ import annotations

import psycopg


def fail(database_url: str, title: str, reason: str) -> None:
    """Let a document look as if its last try had failed."""
    statement = "update document set status = 'failed', code = 'model_unavailable', reason = %s where title = %s"
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute(statement, [reason, title]).rowcount == 1
