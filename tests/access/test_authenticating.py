"""Who asks: keys, tokens' claims, AWS's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice import access
from sluice.access import ApiKey
from sluice.authenticating import Authenticating, ByIam, ByKey, ByToken, Credentials, TokenRules
from sluice.domain import Caller, Scope
from sluice.errors import CredentialsExpired, CredentialsInvalid, CredentialsMissing, NotAllowed, SluiceError
from sluice.testing.keys import InMemoryKeys

ASK = frozenset({Scope.ASK})


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def issued(keys: InMemoryKeys, *, scopes: frozenset[Scope] = ASK, expires_at: datetime | None = None) -> str:
    key, text = access.issue(ApiKey("", "acme", "ada", "ci", b"", scopes, expires_at=expires_at), pepper="salt")
    await keys.add(key)
    return text


def by_key(keys: InMemoryKeys, clock: Clock | None = None) -> ByKey:
    return ByKey(keys, pepper="salt", remember_seconds=10, clock=clock or Clock())


@pytest.mark.parametrize("form", ["Bearer {}", "bearer  {} ", "x-api-key"])
async def test_a_key_tells_tenant_user_and_scopes(form: str) -> None:
    """Both ways of sending it work, in any case of the scheme's name."""
    keys = InMemoryKeys()
    text = await issued(keys)
    sent = Credentials(api_key=text) if form == "x-api-key" else Credentials(authorization=form.format(text))

    caller = await Authenticating([by_key(keys)]).caller(sent, Scope.ASK)

    assert caller == Caller("acme", "ada", ASK, access.key_id(text))


async def test_keys_differ_and_say_what_they_are() -> None:
    """Scanners for leaked secrets find them by their prefix; 256 bits can't be guessed."""
    first, second = [access.issue(ApiKey("", "t", "u", "n", b"", ASK), "")[1] for _ in range(2)]

    assert first != second
    assert [len(part) for part in first.split("_")] == [2, 8, 43]
    assert first.startswith("sk_")


@pytest.mark.parametrize("broken", ["last", "first", "id", "short", "empty", "unicode"])
async def test_a_wrong_key_is_refused(broken: str) -> None:
    """The same words for a wrong secret as for a key that was never made."""
    keys = InMemoryKeys()
    text = await issued(keys)
    prefix, key_id, secret = text.split("_")
    other = "A" if secret[-1] != "A" else "B"
    wrong = {
        "last": f"{prefix}_{key_id}_{secret[:-1]}{other}",
        "first": f"{prefix}_{key_id}_{other}{secret[1:]}" if secret[0] != other else f"{prefix}_{key_id}_C{secret[1:]}",
        "id": f"{prefix}_AAAAAAAA_{secret}",
        "short": text[:-1],
        "empty": "",
        "unicode": f"{prefix}_{key_id}_{secret[:-1]}é",
    }[broken]

    with pytest.raises((CredentialsInvalid, CredentialsMissing)):
        await Authenticating([by_key(keys)]).caller(Credentials(authorization=f"Bearer {wrong}"), Scope.ASK)


async def test_another_pepper_makes_every_key_invalid() -> None:
    """The digest is keyed: the operator can void all keys at once."""
    keys = InMemoryKeys()
    text = await issued(keys)
    door = Authenticating([ByKey(keys, pepper="another", remember_seconds=10)])

    with pytest.raises(CredentialsInvalid):
        await door.caller(Credentials(api_key=text), Scope.ASK)


async def test_an_expired_key_is_refused_also_when_remembered() -> None:
    """Remembering a key does not make it live longer."""
    keys, clock = InMemoryKeys(), Clock()
    text = await issued(keys, expires_at=datetime.now(UTC) + timedelta(hours=1))
    method = by_key(keys, clock)
    await method.caller(Credentials(api_key=text))
    key_id = access.key_id(text) or ""
    expired = replace(keys.kept[key_id], expires_at=datetime.now(UTC) - timedelta(seconds=1))

    with pytest.raises(CredentialsExpired):
        expired.caller(text, "salt")


async def test_a_key_is_looked_up_once_until_its_time_is_up() -> None:
    """A request costs one indexed lookup at most, and most cost none."""
    keys, clock = InMemoryKeys(), Clock()
    text = await issued(keys)
    method = by_key(keys, clock)

    for _ in range(5):
        await method.caller(Credentials(api_key=text))
    clock.now += 10
    await method.caller(Credentials(api_key=text))

    assert keys.lookups == 2


async def test_a_revoked_key_lives_no_longer_than_it_is_remembered() -> None:
    """Revocation is honoured within the seconds that the setting names."""
    keys, clock = InMemoryKeys(), Clock()
    text = await issued(keys)
    method = by_key(keys, clock)
    await method.caller(Credentials(api_key=text))
    await keys.revoke(access.key_id(text) or "")

    clock.now += 10
    with pytest.raises(CredentialsInvalid):
        await method.caller(Credentials(api_key=text))


async def test_a_wrong_secret_is_refused_from_memory() -> None:
    """Guessing at a known id costs the database nothing."""
    keys = InMemoryKeys()
    text = await issued(keys)
    method = by_key(keys)
    await method.caller(Credentials(api_key=text))

    with pytest.raises(CredentialsInvalid):
        await method.caller(Credentials(api_key=text[:-2] + ("AA" if text[-2:] != "AA" else "BB")))

    assert keys.lookups == 1


async def test_without_credentials_the_words_say_what_to_send() -> None:
    """A function URL renames WWW-Authenticate, so that the message is all that most clients read."""
    door = Authenticating([ByIam(tenant="default", user="arn", scopes=ASK), by_key(InMemoryKeys())])

    with pytest.raises(CredentialsMissing) as refused:
        await door.caller(Credentials(), Scope.ASK)

    assert refused.value.message == (
        "Send a request signed with AWS Signature Version 4; "
        "or an API key as `Authorization: Bearer sk_...` or `x-api-key: sk_...`."
    )


@pytest.mark.parametrize(
    ("scopes", "wanted", "allowed"),
    [
        ({Scope.ASK}, Scope.ASK, True),
        ({Scope.ASK}, Scope.INGEST, False),
        ({Scope.INGEST}, Scope.ASK, False),
        ({Scope.ASK, Scope.INGEST}, Scope.ADMIN, False),
        ({Scope.ADMIN}, Scope.INGEST, True),
        (set(), Scope.ASK, False),
    ],
)
async def test_a_scope_opens_its_own_door_only(scopes: set[Scope], wanted: Scope, allowed: bool) -> None:
    """But the administrator may do everything."""
    keys = InMemoryKeys()
    text = await issued(keys, scopes=frozenset(scopes))
    door = Authenticating([by_key(keys)])

    try:
        await door.caller(Credentials(api_key=text), wanted)
        outcome: SluiceError | None = None
    except NotAllowed as error:
        outcome = error

    assert (outcome is None) == allowed


@pytest.mark.parametrize(
    ("rules", "claims", "caller"),
    [
        (TokenRules(), {"sub": "u1"}, Caller("default", "u1", ASK)),
        (TokenRules("custom:org", "email"), {"email": "a@b", "custom:org": "acme"}, Caller("acme", "a@b", ASK)),
        (
            TokenRules(),
            {"sub": "u1", "scope": "openid sluice/ingest other/admin", "cognito:groups": ["sluice-ask", "staff"]},
            Caller("default", "u1", frozenset({Scope.ASK, Scope.INGEST})),
        ),
        (
            TokenRules(scopes=frozenset()),
            {"sub": "u1", "groups": ["sluice-admin"]},
            Caller("default", "u1", frozenset({Scope.ADMIN})),
        ),
        (
            TokenRules(scopes=frozenset()),
            {"sub": "u1", "scope": ["openid", "sluice/ingest"], "groups": "staff sluice-ask"},
            Caller("default", "u1", frozenset({Scope.INGEST})),
        ),
        (TokenRules(), {"sub": "u1", "scope": 7, "groups": {"sluice-admin": True}}, Caller("default", "u1", ASK)),
    ],
)
async def test_claims_become_tenant_user_and_scopes(
    rules: TokenRules, claims: Mapping[str, Any], caller: Caller
) -> None:
    """Only names that begin with ours grant anything."""

    async def verify(token: str) -> Mapping[str, Any]:
        return claims

    assert await ByToken(verify, rules).caller(Credentials(authorization="Bearer a.b.c")) == caller


@pytest.mark.parametrize("claims", [{"sub": "u1"}, {"sub": "u1", "org": ""}, {"sub": "u1", "org": 7}, {"org": "acme"}])
async def test_a_token_without_tenant_or_user_is_refused(claims: Mapping[str, Any]) -> None:
    """Nobody falls into another's tenant for lack of a claim."""

    async def verify(token: str) -> Mapping[str, Any]:
        return claims

    with pytest.raises(CredentialsInvalid):
        await ByToken(verify, TokenRules("org")).caller(Credentials(authorization="Bearer a.b.c"))


SESSION = {"accountId": "123456789012", "userArn": "arn:aws:sts::123456789012:assumed-role/App/ada@acme.test"}
USER = {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/ada"}


@pytest.mark.parametrize(
    ("iam", "tenant", "user", "expected"),
    [
        (SESSION, "default", "arn", ("default", SESSION["userArn"])),
        (SESSION, "account", "role", ("123456789012", "arn:aws:sts::123456789012:assumed-role/App")),
        (USER, "default", "role", ("default", USER["userArn"])),
        (USER, "account", "account", ("123456789012", "123456789012")),
    ],
)
async def test_aws_word_becomes_tenant_and_user(
    iam: Mapping[str, Any], tenant: str, user: str, expected: tuple[str, str]
) -> None:
    """Whether a session or only its role counts as the user is the operator's choice."""
    caller = await ByIam(tenant=tenant, user=user, scopes=ASK).caller(Credentials(iam=iam))

    assert caller == Caller(*expected, ASK)


async def test_without_a_method_everybody_may_do_everything() -> None:
    """This is `SLUICE_AUTH=none`, as on a laptop."""
    assert await Authenticating([]).caller(Credentials(), Scope.ADMIN) == Caller()
