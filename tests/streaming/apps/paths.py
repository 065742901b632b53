"""A handler that shows where it was started."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

collected_while_imported = gc.isenabled()


def handler(event: object, context: Any) -> object:
    return {
        "path": sys.path,
        "directory": os.getcwd(),  # noqa: PTH109 - wanted as the text that Lambda has
        "options": sys._xoptions,
        "name": __name__,
        "garbage": [collected_while_imported, gc.isenabled(), gc.get_freeze_count() > 0],
    }
