"""What access is granted by: API keys, and the limits that come with them."""

from __future__ import annotations

import hmac
import secrets
import string
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from sluice.domain import Allowance, Caller, Scope
from sluice.errors import CredentialsExpired, CredentialsInvalid

PREFIX = "sk"
_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 8
# 43 characters of base 62 are 256 bits, which nobody guesses: a slow hash would only slow the requests down.
_SECRET_LENGTH = 43


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is kept: with the digest of its text, never the text."""

    id: str
    tenant: str
    user: str
    name: str
    digest: bytes
    scopes: frozenset[Scope]
    allowance: Allowance = field(default_factory=Allowance)
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def caller(self, text: str, pepper: str, *, now: datetime | None = None) -> Caller:
        """Return who holds the key; raise `CredentialsInvalid` or `CredentialsExpired`."""
        if not hmac.compare_digest(self.digest, digest(text, pepper)) or self.revoked_at:
            raise CredentialsInvalid("This API key is wrong or was revoked.")
        if self.expires_at and self.expires_at <= (now or datetime.now(UTC)):
            raise CredentialsExpired("This API key has expired.")
        return Caller(self.tenant, self.user, self.scopes, self.id, self.allowance)


class KeyStore(Protocol):
    """Keeps API keys."""

    async def add(self, key: ApiKey) -> ApiKey:
        """Keep a new key and return it with its time of creation."""
        ...

    async def find(self, key_id: str) -> ApiKey | None:
        """Return the key, revoked and expired ones too, in one indexed lookup."""
        ...

    async def all(self) -> list[ApiKey]:
        """Return all keys, oldest first."""
        ...

    async def revoke(self, key_id: str) -> None:
        """End the key's life; raise `KeyNotFound`. Revoking it again changes nothing."""
        ...


def issue(key: ApiKey, pepper: str) -> tuple[ApiKey, str]:
    """Give the key an id and a secret, and return it with its text `sk_<id>_<secret>`, which is kept nowhere."""
    key_id = _random(_ID_LENGTH)
    text = f"{PREFIX}_{key_id}_{_random(_SECRET_LENGTH)}"
    return replace(key, id=key_id, digest=digest(text, pepper)), text


def owning_itself(key: ApiKey) -> ApiKey:
    """Return the key as a user of its own, so that no two keys share their conversations unless they are meant to."""
    return replace(key, user=f"key:{key.id}")


def key_id(text: str) -> str | None:
    """Return the id in the text of a key; None when it is no key of ours."""
    prefix, _, rest = text.partition("_")
    found, _, secret = rest.partition("_")
    is_ours = prefix == PREFIX and len(found) == _ID_LENGTH and len(secret) == _SECRET_LENGTH and rest.isascii()
    return found if is_ours else None


def digest(text: str, pepper: str) -> bytes:
    """HMAC-SHA-256 under the operator's pepper: a copy of the table alone lets nobody check a guess."""
    return hmac.digest(pepper.encode(), text.encode(), "sha256")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
