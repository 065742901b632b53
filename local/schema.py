"""`python -m local.schema`: brings the database to this code's schema, with the settings of the environment.

A process of its own, because it may load the models' library, and the process that runs the laptop stays small.
"""

from __future__ import annotations

import asyncio
import sys

from sluice import bootstrap
from sluice.errors import SluiceError
from sluice.settings import Settings


def main() -> None:
    try:
        asyncio.run(bootstrap.migrate(Settings.read()))
    except SluiceError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
