"""PostgreSQL that is reached through PgBouncer with few connections, as AWS's is through an RDS Proxy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.postgres import Postgres
from sluice.adapters.postgres.migrations import migrate
from tests.pooler import PgBouncer, find_pgbouncer


@contextmanager
def pooled_server(connections: int) -> Iterator[tuple[Postgres, str]]:
    """Start a server whose chunks have a test's vectors; give it, and the URL by which its pooler is reached."""
    if find_pgbouncer() is None:
        raise SystemExit("There is no pgbouncer on this machine; install it.")
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder), durable=False) as server:
        migrate(server.url(), model="test/hash", dimension=32)
        with PgBouncer(server, server_connections=connections) as pooler:
            yield server, server.url().replace(f":{server.port}/", f":{pooler.port}/")
