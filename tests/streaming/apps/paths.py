"""A handler that shows where it was started."""

from __future__ import annotations

import os
import sys
from typing import Any


def handler(event: object, context: Any) -> object:
    return {"path": sys.path, "directory": os.getcwd(), "options": sys._xoptions, "name": __name__}  # noqa: PTH109 - wanted as the text that Lambda has
