"""Which documents a search may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

Scalar = str | int | float | bool


class Comparison(StrEnum):
    """How a value stands to another."""

    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The metadata has one of these values under the key, or a list with one of them."""

    key: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The metadata has a number, or a date, under the key that stands so to this one."""

    key: str
    comparison: Comparison
    bound: int | float | datetime


@dataclass(frozen=True, slots=True)
class Exists:
    """The metadata has the key."""

    key: str


@dataclass(frozen=True, slots=True)
class Dated:
    """The document was created, or last changed, so."""

    field: Literal["created_at", "updated_at"]
    comparison: Comparison
    bound: datetime


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds, as where there is none."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


Condition = OneOf | Compared | Exists | Dated | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may look at. An empty field does not restrict."""

    collection: str | None = None
    document_ids: tuple[UUID, ...] = ()
    condition: Condition = AllOf()
