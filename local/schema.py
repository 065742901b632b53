"""`python -m local.schema FILE`: brings the database to this code's schema, with the settings of the environment.

Where these want API keys it makes one and writes it into the file.

A process of its own, because it may load the models' library, and the process that runs the laptop stays small.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from local import keys
from sluice import bootstrap
from sluice.errors import SluiceError
from sluice.settings import Settings


async def _prepare(settings: Settings, key_file: Path) -> None:
    await bootstrap.migrate(settings)
    if "key" in settings.auth:
        await keys.make_for_laptop(settings, key_file)
        await bootstrap.database().close()


def main() -> None:
    try:
        asyncio.run(_prepare(Settings.read(), Path(sys.argv[1])))
    except SluiceError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
