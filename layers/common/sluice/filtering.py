"""Reads the filter of a request: JSON from strangers becomes a condition, or an error that says how to mend it.

A filter is an object; all its members must hold:

    {"metadata": {"year": {"gte": 2020, "lt": 2024}, "author": "Ann", "lang": {"in": ["de", "fr"]}},
     "tags": ["final"], "created_at": {"gte": "2026-01-01"}, "or": [{...}, {...}], "not": {...}}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, TypeVar, cast
from uuid import UUID

from sluice.domain import AllOf, AnyOf, Compared, Comparison, Condition, Dated, Exists, Filter, Not, OneOf, Scalar
from sluice.errors import InvalidFilter

Result = TypeVar("Result")

MAX_DEPTH = 5
MAX_CONDITIONS = 50
MAX_VALUES = 100
MAX_CHARACTERS = 1_000
TAGS = "tags"

_MEMBERS = "document_ids (outermost only), tags, metadata, created_at, updated_at, and, or, not"
_OPERATORS = "eq, in, gt, gte, lt, lte, exists"


def parse(value: object) -> Filter:
    """Return the filter that a decoded JSON object describes, and null none; raise `InvalidFilter`.

    Bounded: `MAX_DEPTH` filters within each other, `MAX_CONDITIONS` conditions, `MAX_VALUES` values of a list.
    """
    members = dict(_object({} if value is None else value))
    ids = tuple(_uuid(each) for each in _list(members.pop("document_ids", [])))
    return Filter(document_ids=ids, condition=_Reader().read(members))


class _Reader:
    """Reads one filter and counts its conditions."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, value: object, depth: int = 1) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidFilter(f"A filter may be nested {MAX_DEPTH} deep.")
        parts = [part for name, member in _object(value).items() for part in self._member(name, member, depth)]
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _member(self, name: str, value: object, depth: int) -> list[Condition]:
        match name:
            case "and":
                return [AllOf(self._several(value, depth))]
            case "or":
                return [AnyOf(self._several(value, depth))]
            case "not":
                return [Not(self.read(value, depth + 1))]
            case "metadata":
                return [
                    self._counted(part) for key, each in _object(value).items() for part in _tests(_text(key), each)
                ]
            case "tags":
                return [self._counted(OneOf(TAGS, (_text(tag),))) for tag in _list(value)]
            case "created_at" | "updated_at":
                return [self._counted(part) for part in _dated(name, value)]
        raise InvalidFilter(f"A filter has no such member; it may have {_MEMBERS}.")

    def _several(self, value: object, depth: int) -> tuple[Condition, ...]:
        members = _list(value)
        if not members:
            raise InvalidFilter("`and` and `or` need at least one filter.")
        return tuple(self.read(each, depth + 1) for each in members)

    def _counted(self, condition: Condition) -> Condition:
        self._count += 1
        if self._count > MAX_CONDITIONS:
            raise InvalidFilter(f"A filter may have {MAX_CONDITIONS} conditions.")
        return condition


def _tests(key: str, value: object) -> list[Condition]:
    """Return what is asked of one key of the metadata: to be a value, or whatever the operators say."""
    if not isinstance(value, Mapping):
        return [OneOf(key, (_scalar(value),))]
    return [_test(key, operator, operand) for operator, operand in value.items()]


def _test(key: str, operator: str, operand: object) -> Condition:
    match operator:
        case "eq":
            return OneOf(key, (_scalar(operand),))
        case "in":
            return OneOf(key, tuple(_scalar(each) for each in _list(operand)))
        case "exists":
            if not isinstance(operand, bool):
                raise InvalidFilter("`exists` is true or false.")
            return Exists(key) if operand else Not(Exists(key))
    return Compared(key, _comparison(operator), _moment(operand) if isinstance(operand, str) else _number(operand))


def _dated(field: str, value: object) -> list[Condition]:
    name = cast("Literal['created_at', 'updated_at']", field)
    return [Dated(name, _comparison(operator), _moment(bound)) for operator, bound in _object(value).items()]


def _comparison(operator: str) -> Comparison:
    return _read(lambda: Comparison(operator), f"There is no such operator; use {_OPERATORS}.")


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool):
        return value
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidFilter("A value is a text, a number, true or false; a bound is a number or a date.")
    if not _read(lambda: math.isfinite(float(value)), "A number is too large."):
        raise InvalidFilter("A number must be finite.")
    return value


def _moment(value: object) -> datetime:
    """Read an ISO 8601 date or time; without an offset it is UTC."""
    moment = _read(
        lambda: datetime.fromisoformat(_text(value)), "A date is written as 2026-01-31 or 2026-01-31T12:00:00Z."
    )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> str:
    """Return a text that PostgreSQL can hold: no NUL, and no half of a surrogate pair."""
    if not isinstance(value, str):
        raise InvalidFilter("Keys, tags, ids and dates are texts.")
    if len(value) > MAX_CHARACTERS:
        raise InvalidFilter(f"Keys, tags and texts have at most {MAX_CHARACTERS:,} characters.")
    _read(value.encode, "A text holds half a surrogate pair.")
    if "\0" in value:
        raise InvalidFilter("A text holds a NUL.")
    return value


def _uuid(value: object) -> UUID:
    return _read(lambda: UUID(_text(value)), "document_ids are UUIDs.")


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MAX_VALUES:
        raise InvalidFilter(f"`and`, `or`, `in`, `tags` and `document_ids` are lists of at most {MAX_VALUES}.")
    return value


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidFilter("A filter is a JSON object, and so are `metadata`, `not` and what holds operators.")
    return value


def _read(read: Callable[[], Result], otherwise: str) -> Result:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        raise InvalidFilter(otherwise) from error
