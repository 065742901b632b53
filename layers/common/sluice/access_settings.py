"""The settings that say who may ask, and how much."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from sluice.domain import Scope
from sluice.variables import JSON, LIST, PREFIX, Names

Scopes = Annotated[frozenset[Scope], LIST]
Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class AccessSettings(BaseModel):
    """Who may ask, and how much."""

    # With commas between: `key`, `oidc`, `iam`; or `none`, and everybody who reaches the URL may do everything.
    auth: Annotated[frozenset[Literal["none", "key", "oidc", "iam"]], LIST, Field(min_length=1)] = frozenset({"key"})
    # Changing it makes every API key invalid.
    key_pepper: str = ""
    # How long an environment trusts what it looked up: a revoked key may live on for as long.
    key_cache_seconds: Annotated[float, Field(ge=0, le=300)] = 10.0
    oidc_issuer: str = ""
    # The client ids of the applications whose tokens are taken, with commas between.
    oidc_audience: Names = frozenset()
    # The client id that the page signs in with (code flow, PKCE); the audience, where that is only one.
    oidc_client_id: str = ""
    # Other origins of the provider that a browser reaches, with commas between: Cognito's tokens are not at its issuer.
    oidc_origins: Names = frozenset()
    # Found by the issuer's discovery document where it is empty.
    oidc_jwks_url: str = ""
    # The claim that names a token's tenant; empty for one tenant.
    oidc_tenant_claim: str = ""
    oidc_user_claim: Annotated[str, Field(min_length=1)] = "sub"
    # What every valid token allows; groups and scopes of the token add to it.
    oidc_scopes: Scopes = frozenset({Scope.ASK})
    iam_tenant: Literal["default", "account"] = "default"
    iam_user: Literal["arn", "role", "account"] = "arn"
    iam_scopes: Scopes = frozenset({Scope.ASK, Scope.INGEST})

    # Signs the addresses of sources, so that a browser without credentials opens them; empty: credentials are needed.
    link_secret: str = ""
    link_seconds: Annotated[int, Field(gt=0)] = 86_400

    # The limits of each user; 0 is no limit. Days and months are those of UTC, money is US dollars.
    requests_per_minute: Limit = 0
    request_burst: Annotated[int, Field(gt=0)] = 10
    streams: Annotated[int, Field(ge=0)] = 0
    tokens_per_day: Annotated[int, Field(ge=0)] = 0
    tokens_per_month: Annotated[int, Field(ge=0)] = 0
    dollars_per_day: Limit = 0
    dollars_per_month: Limit = 0
    # The tokens of an answer that are kept back at first; a longer one takes more while its budget lasts.
    reserved_answer_tokens: Annotated[int, Field(gt=0)] = 1_000
    # US dollars for a million tokens of prompt and of answer, where LiteLLM's list has no price or a wrong one:
    # as JSON, for example: {"openai/my-model": [0.5, 1.5]}
    model_prices: Annotated[dict[str, tuple[Limit, Limit]], JSON] = {}

    # The CloudWatch namespace of the answers' metrics, which go to standard output; empty for none.
    metrics_namespace: str = ""

    @model_validator(mode="after")
    def _auth_is_complete(self) -> Self:
        if "none" in self.auth and len(self.auth) > 1:
            raise ValueError(f"{PREFIX}AUTH is either none, or some of key, oidc and iam")
        if "oidc" in self.auth and not (self.oidc_issuer and self.oidc_audience):
            raise ValueError(f"{PREFIX}AUTH with oidc needs {PREFIX}OIDC_ISSUER and {PREFIX}OIDC_AUDIENCE")
        return self
