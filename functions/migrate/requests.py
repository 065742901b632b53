"""What an operator can ask of the migrate function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sluice.access import ApiKey
from sluice.domain import Scope
from sluice.errors import InvalidInput


class Migrate(BaseModel):
    """Bring the database to this code's schema."""

    model_config = ConfigDict(extra="forbid")
    sluice: Literal["migrate"]


class CreateKey(BaseModel):
    """Make an API key; without a user it is a user of its own."""

    model_config = ConfigDict(extra="forbid")
    sluice: Literal["create_key"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    user: str = ""
    tenant: Annotated[str, Field(min_length=1)] = "default"
    scopes: frozenset[Scope] = frozenset({Scope.ASK})
    days: Annotated[int, Field(gt=0)] | None = None

    def wanted(self) -> ApiKey:
        expires_at = datetime.now(UTC) + timedelta(days=self.days) if self.days else None
        return ApiKey("", self.tenant, self.user, self.name, b"", self.scopes, expires_at=expires_at)


_REQUESTS: TypeAdapter[Migrate | CreateKey] = TypeAdapter(Annotated[Migrate | CreateKey, Field(discriminator="sluice")])


def read(event: Mapping[str, Any]) -> Migrate | CreateKey:
    """Return the request in an event; raise `InvalidInput` that says what is wrong with it."""
    try:
        return _REQUESTS.validate_python(event)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InvalidInput(f"Send {{'sluice': 'migrate'}} or {{'sluice': 'create_key', ...}}. {problems}") from error
