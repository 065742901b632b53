"""Migrations on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.migrations import MigrationEdited, MigrationFailed, migrate, migrations
from sluice.domain import uuid7
from sluice.errors import EmbeddingModelMismatch


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without any schema."""
    name = f"empty_{uuid7().hex}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


def test_each_migration_is_applied_once(empty_database: str) -> None:
    """The second run finds nothing to do."""
    first = migrate(empty_database, model="m", dimension=8)
    second = migrate(empty_database, model="m", dimension=8)

    assert (first, second) == ([each.name for each in migrations()], [])


def test_four_runners_at_once_apply_each_migration_once(empty_database: str) -> None:
    """One of them does the work, the others wait for it."""
    with ThreadPoolExecutor(4) as runners:
        done = [runners.submit(migrate, empty_database, model="m", dimension=8) for _ in range(4)]

    assert sorted(name for each in done for name in each.result()) == [each.name for each in migrations()]


def test_a_failed_migration_leaves_nothing_behind(empty_database: str, tmp_path: Path) -> None:
    """What a file did before it failed is rolled back with it, and the error names it."""
    (tmp_path / "0001_broken.sql").write_text("create table half (id int); select 1 / 0;")

    with pytest.raises(MigrationFailed, match=r"0001_broken\.sql failed.* division by zero"):
        migrate(empty_database, model="m", dimension=8, folder=tmp_path)

    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)


def test_an_edited_migration_is_refused_by_name(empty_database: str, tmp_path: Path) -> None:
    """A database that ran another text under this name can't be trusted to have this schema."""
    file = tmp_path / "0001_first.sql"
    file.write_text("create table embedding_space (model text primary key, dimension int)")
    migrate(empty_database, model="m", dimension=8, folder=tmp_path)
    file.write_text("create table embedding_space (model text primary key, dimension int, extra int)")

    with pytest.raises(MigrationEdited, match=r"0001_first\.sql was edited"):
        migrate(empty_database, model="m", dimension=8, folder=tmp_path)


def test_another_embedding_model_is_refused_with_a_way_out(empty_database: str) -> None:
    """Vectors of two models are never mixed."""
    migrate(empty_database, model="old/model", dimension=8)

    with pytest.raises(EmbeddingModelMismatch) as refused:
        migrate(empty_database, model="new/model", dimension=16)

    assert refused.value.message == (
        "The stored vectors come from old/model (8 dimensions), but new/model (16 dimensions) is configured, and the "
        "two can't be compared. Set SLUICE_EMBEDDING_MODEL back and change the model with `sluice embeddings migrate`, "
        "or begin with an empty database and ingest the documents again."
    )
