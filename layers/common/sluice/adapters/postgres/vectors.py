"""Vectors on the wire.

They are bound parameters whose type the server infers from a cast (`%(vector)s::halfvec`), so that no type has to be
looked up on a new connection.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import psycopg
from psycopg import pq
from psycopg.adapt import AdaptersMap, Dumper

from sluice.domain import Vector
from sluice.errors import InvalidInput

# The largest finite half-precision number; a unit vector stays far below.
_LARGEST = 65504.0


@dataclass(frozen=True, slots=True)
class HalfVector:
    """A vector in pgvector's half precision."""

    values: Vector

    def __post_init__(self) -> None:
        """Raise `InvalidInput` for an empty vector, or one with a number that half precision can't hold."""
        sizes = list(map(abs, self.values))
        # A sum is finite only if all of it is; `max` alone can pass over what is not a number.
        if not sizes or not math.isfinite(sum(sizes)) or max(sizes) > _LARGEST:
            raise InvalidInput("An embedding must be a list of finite numbers.")

    def binary(self) -> bytes:
        """Return what pgvector's `halfvec_recv` reads: dimension, zero, numbers, all big-endian and of two bytes."""
        return struct.pack(f">HH{len(self.values)}e", len(self.values), 0, *self.values)


class _HalfVectorDumper(Dumper):
    format = pq.Format.BINARY
    oid = 0  # unknown: the cast decides

    def dump(self, obj: HalfVector) -> bytes:
        return obj.binary()


def register(adapters: AdaptersMap) -> None:
    """Let connections that have, or will copy, these adapters take a `HalfVector`."""
    adapters.register_dumper(HalfVector, _HalfVectorDumper)


register(psycopg.adapters)


def as_text(vector: Vector) -> str:
    """Return pgvector's text form, for arrays of vectors; raise `InvalidInput` as `HalfVector` does."""
    return "[" + ",".join([f"{value:.5g}" for value in HalfVector(vector).values]) + "]"
