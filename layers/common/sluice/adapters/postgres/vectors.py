"""Vectors on the wire: as a bound text parameter, so that no type has to be looked up on a new connection."""

from __future__ import annotations

import math

from sluice.domain import Vector
from sluice.errors import InvalidInput


def as_text(vector: Vector) -> str:
    """Return pgvector's text form; raise `InvalidInput` for an empty vector or one that is not finite."""
    if not vector or not all(map(math.isfinite, vector)):
        raise InvalidInput("An embedding must be a list of finite numbers.")
    return "[" + ",".join([f"{value:.5g}" for value in vector]) + "]"
