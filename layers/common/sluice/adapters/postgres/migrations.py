"""Brings a database to this code's schema: numbered files, each applied once, in one transaction, never edited."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg

from sluice import sql
from sluice.errors import EmbeddingModelMismatch, SluiceError

FOLDER = sql.FOLDER / "migrations"
# Any number will do, as long as no other user of the database takes the same one.
_LOCK = int.from_bytes(hashlib.sha256(b"sluice migrations").digest()[:7], "big")

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


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name orders it, its checksum is of the text before values are filled in."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def filled(self, values: Mapping[str, object]) -> LiteralString:
        """Return the statements with `${name}` replaced; only this code and its own files go in."""
        text = self.text
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations in the order of their names."""
    return [Migration(file.name, file.read_text("utf-8")) for file in sorted(folder.glob("*.sql"))]


def migrate(url: str, *, model: str, dimension: int, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and return the names; several callers at once apply each file once.

    Raises `MigrationEdited`, and `EmbeddingModelMismatch` when the stored vectors come from another model.
    """
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        values = {"dimension": dimension}
        applied = [each.name for each in migrations(folder) if _apply(connection, each, values)]
        _claim_embedding_space(connection, model, dimension)
    return applied


def _apply(connection: psycopg.Connection, migration: Migration, values: Mapping[str, object]) -> bool:
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("set local client_min_messages = warning")
        connection.execute("set local statement_timeout = 0")
        connection.execute(_TABLE)
        row = connection.execute("select checksum from schema_migration where name = %s", [migration.name]).fetchone()
        if row is not None:
            if row[0] != migration.checksum:
                raise MigrationEdited(
                    f"{migration.name} was edited after it had been applied; write a new one instead."
                )
            return False
        connection.execute(migration.filled(values))
        connection.execute(
            "insert into schema_migration (name, checksum) values (%s, %s)", [migration.name, migration.checksum]
        )
        return True


def _claim_embedding_space(connection: psycopg.Connection, model: str, dimension: int) -> None:
    connection.execute(
        "insert into embedding_space (model, dimension) values (%s, %s) on conflict do nothing", [model, dimension]
    )
    row = connection.execute("select model, dimension from embedding_space").fetchone()
    if row is not None and row != (model, dimension):
        raise mismatch(stored=f"{row[0]} ({row[1]} dimensions)", configured=f"{model} ({dimension} dimensions)")


def mismatch(*, stored: str, configured: str) -> EmbeddingModelMismatch:
    """Return the error that says what to do when vectors of two models would meet."""
    return EmbeddingModelMismatch(
        f"The stored vectors come from {stored}, but {configured} is configured, and the two can't be compared. "
        "Set SLUICE_EMBEDDING_MODEL back, or begin with an empty database and ingest the documents again."
    )
