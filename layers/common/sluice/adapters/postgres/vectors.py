"""Vectors on the wire.

They are bound parameters whose type the server infers from a cast (`%(vector)s::halfvec`), so that no type has to be
looked up on a new connection. Only the binary form of an array names the type of what it holds.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import pgvector
import psycopg
from psycopg import pq
from psycopg.adapt import AdaptersMap, Dumper

from sluice.domain import Vector
from sluice.errors import InvalidInput

_REFUSED = "An embedding must be a list of finite numbers."


@dataclass(frozen=True, slots=True)
class HalfVector:
    """A vector in pgvector's half precision."""

    values: Vector
    _packed: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `InvalidInput` for an empty vector, or one with a number that half precision can't hold."""
        try:
            packed = pgvector.HalfVector(self.values).to_binary()
        except (OverflowError, ValueError) as error:
            raise InvalidInput(_REFUSED) from error
        # Infinity can be packed, and so can what is no number: a sum is finite only if all of it is.
        if not len(self.values) or not math.isfinite(sum(self.values)):
            raise InvalidInput(_REFUSED)
        object.__setattr__(self, "_packed", packed)

    def binary(self) -> bytes:
        """Return what pgvector's `halfvec_recv` reads: dimension, zero, numbers, all big-endian and of two bytes."""
        return self._packed


@dataclass(frozen=True, slots=True)
class HalfVectors:
    """An array of vectors, some of which may be missing; `oid` is that of `halfvec` in the database."""

    values: Sequence[Vector | None]
    oid: int

    def binary(self) -> bytes:
        """Return what `array_recv` reads: one dimension, which may hold nulls and begins at 1, then each element."""
        head = struct.pack(">iiIii", 1, 1, self.oid, len(self.values), 1)
        return head + b"".join([_element(vector) for vector in self.values])


def _element(vector: Vector | None) -> bytes:
    """Return a vector behind its length in bytes; a null has only the length -1."""
    if vector is None:
        return struct.pack(">i", -1)
    body = HalfVector(vector).binary()
    return struct.pack(">i", len(body)) + body


class _BinaryDumper(Dumper):
    format = pq.Format.BINARY
    oid = 0  # unknown: the cast decides

    def dump(self, obj: HalfVector | HalfVectors) -> bytes:
        return obj.binary()


def register(adapters: AdaptersMap) -> None:
    """Let connections that have, or will copy, these adapters take a `HalfVector` and `HalfVectors`."""
    for kind in (HalfVector, HalfVectors):
        adapters.register_dumper(kind, _BinaryDumper)


register(psycopg.adapters)


def as_text(vector: Vector) -> str:
    """Return pgvector's text form, for arrays of vectors; raise `InvalidInput` as `HalfVector` does."""
    return "[" + ",".join([f"{value:.5g}" for value in HalfVector(vector).values]) + "]"
