"""The events of an answer as JSON, for the database, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter

from sluice.events import AnswerEvent

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(AnswerEvent)}


def dumps(events: Sequence[AnswerEvent]) -> str:
    """Return `[[kind, fields], ...]`."""
    return orjson.dumps([[type(event).__name__, event] for event in events]).decode()


def loads(records: Iterable[Any]) -> list[AnswerEvent]:
    """Return the events of parsed records; raise KeyError for a kind that this code does not know."""
    return [_adapter(kind).validate_python(fields) for kind, fields in records]


@cache
def _adapter(kind: str) -> TypeAdapter[AnswerEvent]:
    return TypeAdapter(_KINDS[kind])
