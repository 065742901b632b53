"""Who may use a data folder."""

from __future__ import annotations

from pathlib import Path

import psycopg

from local.instance import end_leftover_database
from local.postgres import Postgres


def test_the_database_of_an_earlier_process_is_ended(tmp_path: Path) -> None:
    """It would hold the port and the data."""
    with Postgres(tmp_path, durable=False) as leftover:
        end_leftover_database(tmp_path)

        assert leftover.has_ended


def test_another_database_with_its_number_is_left_alone(postgres: Postgres, tmp_path: Path) -> None:
    """Numbers of processes are given again."""
    (tmp_path / "postgres").mkdir()
    lock = (postgres.folder / "postgres" / "postmaster.pid").read_text()
    (tmp_path / "postgres" / "postmaster.pid").write_text(lock)

    end_leftover_database(tmp_path)

    with psycopg.connect(postgres.url("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
