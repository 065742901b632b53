"""What an operator can ask of the migrate function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from sluice.access import ApiKey
from sluice.domain import Scope
from sluice.errors import InvalidInput
from sluice.holding import HELD


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


class Embeddings(BaseModel):
    """Change the embedding model, a step at a time; `to` names the new one and is wanted by `migrate`.

    The step `index` builds the index of the searched vectors anew; it holds `of` them what that says: see `holding`.
    """

    model_config = ConfigDict(extra="forbid")
    sluice: Literal["embeddings"]
    step: Literal["status", "migrate", "switch", "rollback", "drop", "index"]
    to: str = ""
    of: Annotated[str, Field(pattern=f"^$|{HELD}")] = ""

    @model_validator(mode="after")
    def _each_step_has_what_it_needs(self) -> Self:
        if (self.step == "migrate") is not bool(self.to):
            raise ValueError("`to` names the new model, in the step `migrate` and in no other")
        if (self.step == "index") is not bool(self.of):
            raise ValueError("`of` is what the index holds, in the step `index` and in no other")
        return self


Request = Migrate | CreateKey | Embeddings
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="sluice")])


def read(event: Mapping[str, Any]) -> Request:
    """Return the request in an event; raise `InvalidInput` that says what is wrong with it."""
    try:
        return _REQUESTS.validate_python(event)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InvalidInput(f"Send {{'sluice': 'migrate'}}, 'create_key' or 'embeddings'. {problems}") from error
