"""Tokens of an OIDC provider, checked against its published keys. Fetching them blocks, and so runs in a thread.

Sources: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725; and for Cognito's two kinds of token
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from time import monotonic
from typing import Any

import jwt

from sluice.errors import CredentialsExpired, CredentialsInvalid, IdentityProviderUnavailable

logger = logging.getLogger(__name__)

# Never what a token's own header asks for.
ALGORITHMS = ["RS256"]
REQUIRED = ["exp", "iat", "iss", "sub"]
LEEWAY_SECONDS = 30
FETCH_SECONDS = 5
MAX_BYTES = 1024 * 1024
# Keys are fetched anew after an hour; one that is unknown asks for that too, but at most every few minutes.
FRESH_SECONDS = 3_600.0
UNKNOWN_KEY_SECONDS = 180.0
# A provider that can't be reached is left alone for a moment.
RETRY_SECONDS = 10.0


class OidcTokens:
    """Verifies the tokens that `issuer` made for one of `audiences`.

    `jwks_url` is found by the issuer's discovery document where it is not given.
    """

    def __init__(
        self,
        issuer: str,
        audiences: frozenset[str],
        *,
        jwks_url: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._issuer = issuer
        self._audiences = audiences
        self._keys = _PublishedKeys(issuer, jwks_url, clock)

    async def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a genuine token.

        Raises `CredentialsInvalid`, `CredentialsExpired` or `IdentityProviderUnavailable`.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.find(str(header.get("kid")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED, "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise CredentialsExpired("This token has expired; get a new one.") from error
        except jwt.PyJWTError as error:
            raise CredentialsInvalid("This token is not valid here.") from error
        if not self._is_for_us(claims):
            raise CredentialsInvalid("This token was made for another application.")
        return claims

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        """Cognito's access tokens name the application in `client_id` and have no `aud`."""
        match claims.get("token_use"):
            case "access":
                named: Any = claims.get("client_id")
            case "id" | None:
                named = claims.get("aud")
            case _:
                return False
        names = named if isinstance(named, list) else [named]
        return any(name in self._audiences for name in names if isinstance(name, str))


class _PublishedKeys:
    """The issuer's public keys by id: fetched when first needed, and kept where the issuer can't be reached."""

    def __init__(self, issuer: str, jwks_url: str, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._url = jwks_url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK:
        if self._is_due(key_id):
            async with self._fetching:
                if self._is_due(key_id):
                    await self._refresh()
        if not self._keys:
            raise IdentityProviderUnavailable
        try:
            return self._keys[key_id]
        except KeyError as error:
            raise CredentialsInvalid("This token is signed with a key that its issuer does not publish.") from error

    def _is_due(self, key_id: str) -> bool:
        patience = FRESH_SECONDS if key_id in self._keys else UNKNOWN_KEY_SECONDS
        now = self._clock()
        return now - self._fetched >= patience and now - self._tried >= RETRY_SECONDS

    async def _refresh(self) -> None:
        self._tried = self._clock()
        try:
            self._keys = await asyncio.to_thread(self._fetch)
        except (OSError, HTTPException, ValueError, KeyError, jwt.PyJWTError) as error:
            logger.warning("The keys of %s can't be fetched: %s", self._issuer, error)
            return
        self._fetched = self._clock()

    def _fetch(self) -> dict[str, jwt.PyJWK]:
        self._url = self._url or _get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")["jwks_uri"]
        return {key.key_id: key for key in jwt.PyJWKSet.from_dict(_get(self._url)).keys if key.key_id}


def _get(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError(f"{url} is not an https address")
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - the schemes are checked above
        content: dict[str, Any] = json.loads(answer.read(MAX_BYTES))
        return content
