"""Vectors of whole numbers, added at the speed of one big integer.

A packed vector is the integer whose digits, to the base 2**64, are the components; they may be negative. So the sum of
packed vectors is the packed sum, and so are whole multiples, as long as no component leaves its 63 bits.
"""

from __future__ import annotations

import sys
from array import array
from functools import cache

BYTES = 8
HALF = 1 << 63
EXCESS = 128


def pack(components: bytes) -> int:
    """Return the packed vector of components from -128 to 127, each given as a byte that is 128 greater."""
    digits = bytearray(len(components) * BYTES)
    digits[::BYTES] = components
    return int.from_bytes(digits, "little") - _repeated(EXCESS, len(components))


def at(position: int, component: int) -> int:
    """Return the packed vector whose only component that is not zero stands at `position`."""
    return component << (8 * BYTES * position)


def unpack(packed: int, length: int) -> list[int]:
    """Return the `length` components of a packed vector."""
    positive = packed + _repeated(HALF, length)
    return [digit - HALF for digit in array("Q", positive.to_bytes(length * BYTES, sys.byteorder))]


@cache
def _repeated(component: int, length: int) -> int:
    return sum(at(position, component) for position in range(length))
