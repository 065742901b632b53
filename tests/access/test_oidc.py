"""Tokens of an identity provider, checked against keys that it publishes over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from sluice.adapters.oidc import FRESH_SECONDS, RETRY_SECONDS, UNKNOWN_KEY_SECONDS, OidcTokens
from sluice.errors import CredentialsExpired, CredentialsInvalid, IdentityProviderUnavailable
from tests.access.provider import Provider, SigningKey


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(provider: Provider, clock: Clock) -> OidcTokens:
    return OidcTokens(provider.issuer, frozenset({"app", "other-app"}), clock=clock)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["elsewhere", "app"]},
        {"token_use": "id"},
        {"token_use": "access", "aud": None, "client_id": "other-app", "scope": "openid"},
    ],
)
async def test_a_genuine_token_tells_its_claims(provider: Provider, tokens: OidcTokens, claims: dict[str, Any]) -> None:
    """Of any OIDC provider, and both of Cognito's kinds: its access tokens have no `aud`."""
    verified = await tokens.verify(provider.token(**claims))

    assert {name: verified.get(name) for name in ("sub", *claims)} == {"sub": "ada", **claims}


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.test"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": {"app": "app"}},
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"nbf": int(time.time()) + 3_600},
        {"token_use": "access", "aud": "app"},
        {"token_use": "access", "aud": None, "client_id": "another"},
        {"token_use": "id", "aud": None, "client_id": "app"},
        {"token_use": "refresh"},
    ],
)
async def test_a_token_that_was_not_made_for_us_is_refused(
    provider: Provider, tokens: OidcTokens, claims: dict[str, Any]
) -> None:
    """Its signature alone does not help it."""
    with pytest.raises(CredentialsInvalid):
        await tokens.verify(provider.token(**claims))


async def test_an_expired_token_is_told_apart(provider: Provider, tokens: OidcTokens) -> None:
    """A client knows then to get a new one."""
    with pytest.raises(CredentialsExpired):
        await tokens.verify(provider.token(exp=int(time.time()) - 60))


def without_signature(provider: Provider) -> str:
    return jwt.encode({"iss": provider.issuer, "aud": "app", "sub": "eve", "iat": 1, "exp": 2**31}, "", "none")


def signed_with_the_public_key(provider: Provider) -> str:
    """The oldest trick: an HMAC whose secret is the provider's public key."""
    public = provider.keys[0].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = {"iss": provider.issuer, "aud": "app", "sub": "eve", "iat": 1, "exp": 2**31}
    header = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    signed = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return (signed + b"." + _base64(hmac.digest(pem, signed, "sha256"))).decode()


def _base64(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def with_another_body(provider: Provider) -> str:
    header, _, signature = provider.token().split(".")
    body = provider.token(sub="eve").split(".")[1]
    return f"{header}.{body}.{signature}"


def signed_by_a_stranger(provider: Provider) -> str:
    return provider.token(key=SigningKey("first"))


def with_a_critical_header(provider: Provider) -> str:
    return provider.token(header={"crit": ["made-up"], "made-up": True})


@pytest.mark.parametrize(
    "forge",
    [
        without_signature,
        signed_with_the_public_key,
        with_another_body,
        signed_by_a_stranger,
        with_a_critical_header,
        "a.b.c",
        "..",
        lambda provider: provider.token()[:-8] + "AAAAAAAA",
    ],
)
async def test_a_forged_token_is_refused(provider: Provider, tokens: OidcTokens, forge: Any) -> None:
    """The algorithm is ours to choose, never the token's."""
    with pytest.raises(CredentialsInvalid):
        await tokens.verify(forge if isinstance(forge, str) else forge(provider))


async def test_keys_are_fetched_once_and_again_when_they_are_old(
    provider: Provider, tokens: OidcTokens, clock: Clock
) -> None:
    """A request does not wait for the provider, save the first."""
    for _ in range(3):
        await tokens.verify(provider.token())
    fetched_at_first = provider.fetches
    clock.now += FRESH_SECONDS
    await tokens.verify(provider.token())

    assert (fetched_at_first, provider.fetches) == (1, 2)


async def test_a_new_key_of_the_provider_is_found(provider: Provider, tokens: OidcTokens, clock: Clock) -> None:
    """The provider changes its keys without telling anybody."""
    await tokens.verify(provider.token())
    provider.keys.append(SigningKey("second"))
    clock.now += UNKNOWN_KEY_SECONDS

    assert (await tokens.verify(provider.token()))["sub"] == "ada"


async def test_unknown_keys_do_not_make_us_ask_for_ever(provider: Provider, tokens: OidcTokens, clock: Clock) -> None:
    """Whoever sends made-up key ids must not turn us against the provider."""
    await tokens.verify(provider.token())
    for number in range(20):
        clock.now += UNKNOWN_KEY_SECONDS / 30
        with pytest.raises(CredentialsInvalid):
            await tokens.verify(provider.token(header={"kid": f"made-up-{number}"}))

    assert provider.fetches == 1


async def test_known_keys_outlive_a_provider_that_is_away(provider: Provider, tokens: OidcTokens, clock: Clock) -> None:
    """Its outage is not ours."""
    token = provider.token()
    await tokens.verify(token)
    provider.stop()
    clock.now += FRESH_SECONDS

    assert (await tokens.verify(token))["sub"] == "ada"


async def test_a_provider_that_speaks_no_http_is_one_that_is_away(provider: Provider, tokens: OidcTokens) -> None:
    """As when a proxy between has broken."""
    provider.is_garbled = True

    with pytest.raises(IdentityProviderUnavailable):
        await tokens.verify(provider.token())


async def test_a_provider_that_was_never_reached_is_told(provider: Provider, tokens: OidcTokens, clock: Clock) -> None:
    """That is our trouble and passes, so that it must not look like a bad token."""
    token = provider.token()
    provider.stop()

    with pytest.raises(IdentityProviderUnavailable):
        await tokens.verify(token)
    clock.now += RETRY_SECONDS
    with pytest.raises(IdentityProviderUnavailable):
        await tokens.verify(token)


async def test_an_issuer_without_encryption_is_not_asked(clock: Clock) -> None:
    """Keys that came over plain HTTP could be anybody's."""
    tokens = OidcTokens("http://elsewhere.test", frozenset({"app"}), clock=clock)

    with Provider() as provider, pytest.raises(IdentityProviderUnavailable):
        await tokens.verify(provider.token())
