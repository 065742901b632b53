"""What takes long beside readers and writers: building indexes, and checking constraints.

No transaction is open meanwhile, and all of it is safe to begin again however it ended.

A build that breaks off leaves an invalid index behind, which is maintained and never used. It is dropped first.

This needs a session of its own, in which `statement_timeout` is off: an RDS Proxy pins one for it, and a pooler in
transaction mode can't give one. Where a build is cancelled there, run it on the database itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import LiteralString

import psycopg
from psycopg import sql

from sluice.errors import DatabaseUnavailable, SluiceError
from sluice.holding import SIGNS, WHOLE

_CREATE = re.compile(r"create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(\w+)\s", re.IGNORECASE)
_OTHER = re.compile(
    r"drop\s+index\s+concurrently\s+if\s+exists\s|alter\s+table\s+\w+\s+validate\s+constraint\s", re.IGNORECASE
)

_PAUSE_SECONDS = 0.5


class NotRepeatable(SluiceError):
    """Without a transaction indexes may be created concurrently, and dropped so if they exist; and nothing else."""

    code = "migration_not_repeatable"


def over(column: LiteralString, held: str, dimension: int) -> LiteralString:
    """Return over what an index of chunks is that holds so much (see `holding`) of vectors of `dimension` numbers."""
    if held == WHOLE:
        return f"on chunk using hnsw ({column} halfvec_cosine_ops)"
    if held == SIGNS:
        return f"on chunk using hnsw ((binary_quantize({column})::bit({dimension:d})) bit_hamming_ops)"
    first = int(held)
    return f"on chunk using hnsw ((subvector({column}, 1, {first:d})::halfvec({first:d})) halfvec_cosine_ops)"


def run(conninfo: str, statements: Sequence[LiteralString]) -> None:
    """Create and drop indexes concurrently, validate constraints. Blocks for as long as that takes.

    Raises `NotRepeatable` for any other statement, `DatabaseUnavailable` where a build was cancelled.
    """
    for statement in statements:
        if not _CREATE.match(statement) and not _OTHER.match(statement):
            raise NotRepeatable
    with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set statement_timeout = 0")
        for statement in statements:
            _run(connection, statement)


def _run(connection: psycopg.Connection, statement: LiteralString) -> None:
    created = _CREATE.match(statement)
    if created:
        _await_build(connection, created[1])
    valid = _is_valid(connection, created[1]) if created else None
    if created and valid is False:
        connection.execute(sql.SQL("drop index concurrently {}").format(sql.Identifier(created[1])))
    if valid:
        return
    try:
        connection.execute(statement)
    except psycopg.errors.QueryCanceled as error:
        raise DatabaseUnavailable(
            "The build of an index was cancelled. Where SLUICE_DATABASE_URL leads to a pooler, run this again with the "
            "address of the database itself."
        ) from error


def _await_build(connection: psycopg.Connection, name: str) -> None:
    """Wait for a build that is under way: it outlives whoever began it, and is invalid until its end."""
    under_way = "select from pg_stat_progress_create_index where index_relid = to_regclass(%s)"
    while connection.execute(under_way, [name]).fetchone() is not None:
        time.sleep(_PAUSE_SECONDS)


def _is_valid(connection: psycopg.Connection, name: str) -> bool | None:
    """Whether the index can be used; None where there is none."""
    row = connection.execute("select indisvalid from pg_index where indexrelid = to_regclass(%s)", [name]).fetchone()
    return None if row is None else bool(row[0])
