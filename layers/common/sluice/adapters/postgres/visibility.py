"""What a search may see: the one place where the tenant's and the caller's conditions become SQL.

Only fixed words go into the statement; keys, values and bounds are parameters.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from sluice.domain import AllOf, AnyOf, Caller, Compared, Comparison, Condition, Dated, Exists, Filter, Not, OneOf

_SYMBOLS: dict[Comparison, LiteralString] = {
    Comparison.GREATER: ">",
    Comparison.GREATER_OR_EQUAL: ">=",
    Comparison.LESS: "<",
    Comparison.LESS_OR_EQUAL: "<=",
}
_DATES: dict[str, LiteralString] = {"created_at": "document.created_at", "updated_at": "document.updated_at"}


class Visibility:
    """The predicate on `document` for one caller and filter: `sql`, and the `parameters` that it names.

    It `is_narrowed` where it asks for more than the tenant.

    A chunk is seen where its document is; asked twice, the planner would take the tenant for rarer than it is.
    """

    def __init__(self, caller: Caller, where: Filter) -> None:
        self.parameters: dict[str, Any] = {"tenant": caller.tenant}
        parts: list[LiteralString] = ["document.tenant = %(tenant)s"]
        if where.collection is not None:
            parts.append(f"document.collection = {self._parameter(where.collection)}")
        if where.document_ids:
            parts.append(f"document.id = any({self._parameter(list(where.document_ids))})")
        if where.condition != AllOf():
            parts.append(self._condition(where.condition))
        self.sql: LiteralString = " and ".join(parts)
        self.is_narrowed = len(parts) > 1

    def _condition(self, condition: Condition) -> LiteralString:
        """Return a test that is true or false, and never unknown: so `not` is true of all other documents."""
        match condition:
            case AllOf(conditions):
                return f"({' and '.join([self._condition(each) for each in conditions]) or 'true'})"
            case AnyOf(conditions):
                return f"({' or '.join([self._condition(each) for each in conditions])})"
            case Not(condition):
                return f"not {self._condition(condition)}"
            case OneOf(key, values):
                wanted = self._parameter([Jsonb(value) for value in values])
                return f"coalesce((document.metadata -> {self._key(key)}) @> any({wanted}::jsonb[]), false)"
            case Exists(key):
                return f"(document.metadata ? {self._key(key)})"
            case Compared():
                return self._compared(condition)
            case Dated(field, comparison, bound):
                return f"({_DATES[field]} {_SYMBOLS[comparison]} {self._parameter(bound)})"

    def _compared(self, condition: Compared) -> LiteralString:
        symbol, key = _SYMBOLS[condition.comparison], self._key(condition.key)
        if isinstance(condition.bound, datetime):
            moment = self._parameter(condition.bound)
            return f"coalesce(sluice_moment(document.metadata ->> {key}) {symbol} {moment}, false)"
        number = f"{self._parameter(Jsonb(condition.bound))}::jsonb"
        value = f"(document.metadata -> {key})"
        return f"coalesce(jsonb_typeof({value}) = 'number' and {value} {symbol} {number}, false)"

    def _key(self, key: str) -> LiteralString:
        return f"{self._parameter(key)}::text"

    def _parameter(self, value: object) -> LiteralString:
        name = f"where_{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"
