"""Whether a database offers the pgvector that the searches need."""

from __future__ import annotations

import psycopg

from sluice import sql
from sluice.errors import SluiceError

LEAST = (0, 8)


class PgvectorTooOld(SluiceError):
    """The database has no pgvector, or one without iterative scans."""

    code = "pgvector_too_old"


def check(owners_url: str) -> None:
    """Raise `PgvectorTooOld` with what to do."""
    with psycopg.connect(owners_url, autocommit=True, prepare_threshold=None) as connection:
        offered = connection.execute(sql.query("schema", "pgvector_versions")).fetchone()
    if problem := problem_of(*(offered or (None, None))):
        raise PgvectorTooOld(problem)


def problem_of(offered: str | None, installed: str | None) -> str | None:
    """Return what is wrong with what a server offers and what the database has installed; None for nothing."""
    least = ".".join(map(str, LEAST))
    if offered is None:
        return f"The database server has no pgvector; Sluice needs {least} or later."
    if _number(offered) < LEAST:
        return (
            f"The database server offers pgvector {offered}; Sluice needs {least} or later: use a newer minor version."
        )
    if installed is not None and _number(installed) < LEAST:
        return (
            f"The database has pgvector {installed}; run `alter extension vector update` in it, which gives {offered}."
        )
    return None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
