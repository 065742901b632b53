"""Whether a database has the schema that this code was written for."""

from __future__ import annotations

from sluice import sql
from sluice.adapters.postgres import migration_files
from sluice.adapters.postgres.database import Connection


async def check(connection: Connection) -> None:
    """Raise `SchemaOutdated` or `SchemaNewer` unless this code can work here; one round trip."""
    cursor = await connection.execute(sql.query("schema", "applied_migrations"))
    migration_files.check({row["name"] for row in await cursor.fetchall()})
