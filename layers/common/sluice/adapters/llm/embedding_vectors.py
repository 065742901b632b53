"""The vectors in a provider's answer: as many as there are texts, in their order, of length one."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Sequence
from typing import Any

from sluice.domain import Vector
from sluice.errors import ModelError

LONGEST_VECTOR = 4_000
"""Numbers; pgvector's index takes no more in half precision. What a longer vector has beyond them says the least."""


def read(data: object, expected: int, *, model: str) -> list[Vector]:
    """Return the unit vectors of so many texts; raise `ModelError` for what can't be stored."""
    found = data if isinstance(data, list) else []
    if len(found) != expected:
        raise ModelError(f"The model {model} returned {len(found)} vectors for {expected} texts.")
    try:
        return [_unit(_numbers(item["embedding"])[:LONGEST_VECTOR], model) for item in _in_order(found, model)]
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise ModelError(f"The model {model} returned a vector that can't be read.") from error


def _in_order(data: Sequence[Any], model: str) -> Sequence[Any]:
    """Sort by the index; raise `ModelError` where two have the same, since either may be of the other's text."""
    by_index = {int(item["index"]): item for item in data}
    if sorted(by_index) != list(range(len(data))):
        raise ModelError(f"The model {model} returned vectors of which nobody knows whose they are.")
    return [by_index[index] for index in range(len(data))]


def _numbers(embedding: Vector | str) -> Vector:
    """Return the numbers of a vector that may have come as bytes: in single precision, little-endian."""
    if not isinstance(embedding, str):
        return embedding
    packed = base64.b64decode(embedding, validate=True)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def _unit(vector: Vector, model: str) -> Vector:
    length = math.hypot(*vector)
    if not 0 < length < math.inf:
        raise ModelError(f"The model {model} returned a vector that has no direction.")
    return [value / length for value in vector]
