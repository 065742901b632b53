"""The database that a command works on: the one of SLUICE_DATABASE_URL, else the laptop's, which must be running."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from local import running
from local.addresses import DATA
from local.command.outcome import UNREACHABLE, WRONG_USAGE, fail
from sluice.errors import ConfigurationError, DatabaseUnavailable, SluiceError

if TYPE_CHECKING:
    from sluice.adapters.postgres.database import Database
    from sluice.settings import Settings

T = TypeVar("T")
_WHERE = "Is Sluice running (make run)? SLUICE_DATA names another folder of it, SLUICE_DATABASE_URL another database."


def run(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Return what `work` returns; tell an error in one line and end with its exit code."""
    from sluice.adapters.postgres.database import Database
    from sluice.settings import Settings

    async def connected(settings: Settings) -> T:
        database = Database(settings.database_url, size=1, timeout=5)
        try:
            return await work(database, settings)
        finally:
            await database.close()

    try:
        # Commands touch no bucket.
        return asyncio.run(connected(Settings.read({"SLUICE_BUCKET": "none", **_laptop(), **os.environ})))
    except DatabaseUnavailable as error:
        fail(f"{error.message} {_WHERE}", UNREACHABLE)
    except ConfigurationError as error:
        fail(f"{error.message} {_WHERE}", WRONG_USAGE)
    except SluiceError as error:
        fail(error.message)


def _laptop() -> dict[str, str]:
    from local.postgres import Postgres

    return {"SLUICE_DATABASE_URL": Postgres(DATA, port=running.noted().database).url()} if DATA.exists() else {}
