"""Random state that all copies of a snapshot would share.

`secrets`, `uuid.uuid4` and `random.SystemRandom` ask the operating system each time, and have none.
Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from typing import Any

_SEED_SIZE = 32


def renew(loaded: Mapping[str, Any] = sys.modules) -> None:
    """Seed anew what Python, NumPy and OpenSSL share, as far as they are loaded; a generator of an app's own is its."""
    random.seed()
    if numpy_random := loaded.get("numpy.random"):
        numpy_random.seed()
    if ssl := loaded.get("ssl"):
        ssl.RAND_add(os.urandom(_SEED_SIZE), float(_SEED_SIZE))
