"""The use case of the front door: who asks, by API key, by OIDC token, or by AWS's word."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from sluice import access
from sluice.access import ApiKey, KeyStore
from sluice.domain import Caller, Scope
from sluice.errors import CredentialsInvalid, CredentialsMissing, NotAllowed

# So many keys at most are remembered in one environment.
REMEMBERED_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brings along. `iam` is AWS's word: it comes with the event and can't come from a client."""

    authorization: str | None = None
    api_key: str | None = None
    iam: Mapping[str, Any] | None = None

    @property
    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer <token>` (RFC 6750), or of `x-api-key`."""
        scheme, _, token = (self.authorization or "").strip().partition(" ")
        return token.strip() if scheme.lower() == "bearer" else self.api_key


class Method(Protocol):
    """One way to tell who asks."""

    hint: str

    async def caller(self, credentials: Credentials) -> Caller | None:
        """Return who asks; None when there are no credentials of this kind, and raise when they are bad."""
        ...


class Authenticating:
    """Tries its methods in turn. Without a method everybody may do everything."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._methods = methods

    async def caller(self, credentials: Credentials, scope: Scope) -> Caller:
        """Return who asks; raise `NotAuthenticated`, or `NotAllowed` without the scope."""
        caller = await self._caller(credentials) if self._methods else Caller()
        if not caller.may(scope):
            raise NotAllowed(f"These credentials are valid, but lack the scope {scope.value!r}.")
        return caller

    async def _caller(self, credentials: Credentials) -> Caller:
        for method in self._methods:
            if caller := await method.caller(credentials):
                return caller
        # A function URL renames the header WWW-Authenticate, so that the words must say it.
        hints = "; or ".join(method.hint for method in self._methods)
        raise (CredentialsInvalid if credentials.bearer else CredentialsMissing)(f"Send {hints}.")


class ByKey:
    """API keys. A key is looked up once in `remember_seconds`, which is how long a revoked one may live on."""

    hint = "an API key as `Authorization: Bearer sk_...` or `x-api-key: sk_...`"

    def __init__(
        self, keys: KeyStore, *, pepper: str, remember_seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._keys = keys
        self._pepper = pepper
        self._remember_seconds = remember_seconds
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()

    async def caller(self, credentials: Credentials) -> Caller | None:
        """Return the holder of the key."""
        text = credentials.bearer
        key_id = access.key_id(text) if text else None
        if text is None or key_id is None:
            return None
        key = await self._find(key_id)
        if key is None:
            raise CredentialsInvalid("This API key is wrong or was revoked.")
        return key.caller(text, self._pepper)

    async def _find(self, key_id: str) -> ApiKey | None:
        until, key = self._remembered.get(key_id, (0.0, None))
        if self._clock() < until:
            return key
        key = await self._keys.find(key_id)
        self._remembered[key_id] = (self._clock() + self._remember_seconds, key)
        self._remembered.move_to_end(key_id)
        if len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)
        return key


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a verified token's claims mean. `tenant_claim` is empty where all users share one tenant."""

    tenant_claim: str = ""
    user_claim: str = "sub"
    scopes: frozenset[Scope] = frozenset({Scope.ASK})


class ByToken:
    """OIDC tokens, as Cognito and others issue them; `verify` returns the claims of a token that is genuine.

    Scopes come from the rules, from the claim `scope` (as `sluice/ask`) and from groups (as `sluice-ask`).
    """

    hint = "a token of the identity provider as `Authorization: Bearer <token>`"

    def __init__(self, verify: Callable[[str], Awaitable[Mapping[str, Any]]], rules: TokenRules) -> None:
        self._verify = verify
        self._rules = rules

    async def caller(self, credentials: Credentials) -> Caller | None:
        """Return the subject of a signed token, which has three parts (RFC 7515)."""
        token = credentials.bearer
        if token is None or token.count(".") != 2:
            return None
        claims = await self._verify(token)
        tenant = claims.get(self._rules.tenant_claim) if self._rules.tenant_claim else "default"
        user = claims.get(self._rules.user_claim)
        if not (isinstance(tenant, str) and tenant and isinstance(user, str) and user):
            raise CredentialsInvalid("This token does not say who its holder is.")
        return Caller(tenant, user, self._rules.scopes | _granted(claims))


def _granted(claims: Mapping[str, Any]) -> frozenset[Scope]:
    scopes, groups = claims.get("scope"), claims.get("cognito:groups") or claims.get("groups")
    names = _ours(scopes.split() if isinstance(scopes, str) else scopes, "sluice/") | _ours(groups, "sluice-")
    return frozenset(scope for scope in Scope if scope.value in names)


def _ours(names: object, prefix: str) -> set[str]:
    """Return what follows our prefix in a list of names; nothing of what is no list."""
    listed = map(str, names if isinstance(names, list) else ())
    return {name.removeprefix(prefix) for name in listed if name.startswith(prefix)}


class ByIam:
    """Requests that AWS has checked already: a function URL of type AWS_IAM tells who signed them."""

    hint = "a request signed with AWS Signature Version 4"

    def __init__(self, *, tenant: str, user: str, scopes: frozenset[Scope]) -> None:
        self._tenant = tenant
        self._user = user
        self._scopes = scopes

    async def caller(self, credentials: Credentials) -> Caller | None:
        """Return the signer: `tenant` is `default` or `account`, `user` is `arn`, `role` or `account`."""
        iam = credentials.iam
        if not iam or not iam.get("userArn") or not iam.get("accountId"):
            return None
        tenant = iam["accountId"] if self._tenant == "account" else "default"
        return Caller(tenant, _signer(iam, self._user), self._scopes)


def _signer(iam: Mapping[str, Any], by: str) -> str:
    arn = str(iam["userArn"])
    if by == "account":
        return str(iam["accountId"])
    # arn:aws:sts::<account>:assumed-role/<role>/<session>: whoever assumes a role names the session as it likes.
    is_session = by == "role" and ":assumed-role/" in arn
    return arn.rpartition("/")[0] if is_session else arn
