"""The server that both ways search, and what they say meanwhile."""

from __future__ import annotations

from pathlib import Path

import psutil
import psycopg

from local.postgres import Postgres


def roomy_server(folder: Path) -> Postgres:
    """A server whose indexes fit into memory, for both ways alike."""
    settings = ("shared_buffers=6GB", "max_wal_size=16GB")
    return Postgres(folder, durable=False, settings=settings)


def set_ef_search(url: str, ef_search: int) -> None:
    """Let new sessions search with so many candidates."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select '[0]'::vector")
        connection.execute(f"alter role sluice in database sluice set hnsw.ef_search = {ef_search}")


def busy_seconds(url: str) -> float:
    """Return the CPU time that the open sessions of the database have taken, but for this one's own."""
    with psycopg.connect(url, autocommit=True) as connection:
        sessions = connection.execute(
            "select pid from pg_stat_activity "
            "where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
        ).fetchall()
    times = [psutil.Process(pid).cpu_times() for (pid,) in sessions]
    return sum(each.user + each.system for each in times)


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"  {text}", flush=True)
