"""Who asks, and what they may do and use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

DEFAULT_TENANT = "default"


class Scope(StrEnum):
    """What a caller may do. `admin` may do everything."""

    ASK = "ask"
    INGEST = "ingest"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a subject may use; None is no limit. Days and months are those of UTC, money is US dollars."""

    requests_per_minute: float | None = None
    burst: int | None = None
    streams: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    dollars_per_day: float | None = None
    dollars_per_month: float | None = None

    def limits(self) -> dict[str, float]:
        """Return the limits that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def is_budgeted(self) -> bool:
        """Whether anything but the pace of requests is limited."""
        return bool(self.limits().keys() - {"requests_per_minute", "burst"})

    @classmethod
    def of(cls, limits: Mapping[str, Any]) -> Self:
        """Return the allowance of `limits()`; names that this code does not know are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in limits.items() if name in known})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Every stored row belongs to a tenant, and every query names one.

    `user` is empty where nobody has to sign in; `key_id` names the API key, where one was shown, and `allowance` what
    this key may use beside what its user may.
    """

    tenant: str = DEFAULT_TENANT
    user: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    key_id: str | None = None
    allowance: Allowance = Allowance()

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes
