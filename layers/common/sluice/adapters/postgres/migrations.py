"""Brings a database to this code's schema: each migration once, in order, whoever else is at it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from sluice import sql
from sluice.adapters.postgres import indexes, spaces
from sluice.adapters.postgres.migration_files import FOLDER, Migration, migrations
from sluice.errors import EmbeddingModelSwitched, SluiceError
from sluice.holding import WHOLE, at_most

__all__ = ["MigrationEdited", "MigrationFailed", "migrate", "migrations"]

# Any number will do, as long as no other user of the database takes the same one.
_LOCK = int.from_bytes(hashlib.sha256(b"sluice migrations").digest()[:7], "big")
_PAUSE_SECONDS = 0.05

_TABLE: LiteralString = """
create table if not exists schema_migration (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
)
"""


class MigrationEdited(SluiceError):
    """A migration was edited after it had been applied; restore it and write a new one instead."""

    code = "migration_edited"


class MigrationFailed(SluiceError):
    """A migration failed; the database is as the ones before it left it."""

    code = "migration_failed"


def migrate(url: str, *, model: str, dimension: int, held: str = WHOLE, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and return the names; several callers at once apply each file once.

    The index of a new database holds so much of each vector (see `holding`); others keep theirs.

    Raises `MigrationEdited`, `MigrationFailed`, and `EmbeddingModelMismatch` when the stored vectors come from another
    model.
    """
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        values = {"dimension": dimension}
        applied = [each.name for each in migrations(folder) if _apply(url, connection, each, values)]
        _claim_embedding_space(connection, model, dimension, at_most(held, dimension))
    return applied


def _apply(url: str, connection: psycopg.Connection, migration: Migration, values: Mapping[str, object]) -> bool:
    with _alone(connection):
        connection.execute(_TABLE)
        row = connection.execute("select checksum from schema_migration where name = %s", [migration.name]).fetchone()
        if row is not None:
            if row[0] != migration.checksum:
                raise MigrationEdited(
                    f"{migration.name} was edited after it had been applied; write a new one instead."
                )
            return False
        with _named(migration):
            if migration.is_transaction:
                connection.execute(migration.filled(values))
            else:
                # A query with parameters keeps its snapshot until the next one, and the build would wait for that.
                connection.execute("select")
                indexes.run(url, migration.statements(values))
        connection.execute(
            "insert into schema_migration (name, checksum) values (%s, %s)", [migration.name, migration.checksum]
        )
        return True


@contextmanager
def _named(migration: Migration) -> Iterator[None]:
    """Say which file failed, since the words of PostgreSQL don't."""
    try:
        yield
    except psycopg.Error as error:
        raise MigrationFailed(f"{migration.name} failed, and what came after it was not tried: {error}") from error


@contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[None]:
    """Open a transaction in which no other runner is; its commit ends that.

    Runners ask again and again instead of waiting within a statement: one that waits has a snapshot, and an index that
    is built concurrently waits for all older snapshots to end.
    """
    while True:
        with connection.transaction():
            row = connection.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchone()
            if row and row[0]:
                connection.execute("set local client_min_messages = warning")
                connection.execute("set local statement_timeout = 0")
                connection.execute("set local idle_in_transaction_session_timeout = 0")
                yield
                return
        time.sleep(_PAUSE_SECONDS)


def _claim_embedding_space(connection: psycopg.Connection[Any], model: str, dimension: int, held: str) -> None:
    claim = "insert into embedding_space (model, dimension) values (%s, %s) on conflict do nothing"
    with connection.transaction():
        is_new = connection.execute(claim, [model, dimension]).rowcount == 1
        if is_new and held != WHOLE:
            connection.execute("drop index chunk_by_embedding")
            connection.execute(f"create index chunk_by_embedding {indexes.over('embedding', held, dimension)}")
            connection.execute("select sluice_follow_index()")
    if connection.execute("select model, dimension from embedding_space").fetchone() == (model, dimension):
        return
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(sql.query("embeddings", "embedding_space")).fetchone()
    with suppress(EmbeddingModelSwitched):  # the functions follow the database
        spaces.check_vectors(spaces.of(row), model, dimension)
