"""Every route of both functions, walked without credentials, with bad ones and with the wrong scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from functions.chat import dependencies as chat_dependencies
from functions.chat.app import app as chat
from functions.ingest import dependencies as ingest_dependencies
from functions.ingest.app import app as ingest
from sluice import access, bootstrap
from sluice.access import ApiKey
from sluice.authenticating import Authenticating, ByIam, ByKey
from sluice.domain import Scope
from sluice.signing import Signer
from sluice.testing.keys import InMemoryKeys

# What strangers may see: whether the function works, and the page, which holds nothing and says how to sign in.
OPEN = {("chat", "GET", path) for path in ("/healthz", "/", "/assets/app-{tag}.js", "/config.json")}
OPEN |= {("chat", "HEAD", path) for path in ("/healthz", "/")}
UNKNOWN = "sk_AbCd1234_" + "x" * 43


class Door(NamedTuple):
    """One route and method of a function."""

    function: str
    method: str
    path: str

    @property
    def app(self) -> FastAPI:
        return chat if self.function == "chat" else ingest

    @property
    def url(self) -> str:
        """The path with something in its parameters."""
        parts = ["0198c0de-0000-7000-8000-000000000000" if "{" in part else part for part in self.path.split("/")]
        return "/".join(parts)


def doors() -> list[Door]:
    return [
        Door(name, method, route.path)
        for name, app in (("chat", chat), ("ingest", ingest))
        for route in routes(app)
        for method in sorted(route.methods or ())
        if (name, method, route.path) not in OPEN
    ]


def routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in everything(app) if isinstance(route, APIRoute)]


def everything(app: FastAPI) -> list[Any]:
    """Return all that the app serves: FastAPI keeps included routers whole."""
    routers = [getattr(each, "original_router", None) for each in app.routes]
    return [
        route
        for each, router in zip(app.routes, routers, strict=True)
        for route in (router.routes if router else [each])
    ]


@pytest.fixture(autouse=True)
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryKeys]:
    """Both functions let in by key and by AWS's word only. Nothing else stands behind their routes."""
    monkeypatch.setenv("SLUICE_DATABASE_URL", "postgresql://nowhere")
    monkeypatch.setenv("SLUICE_BUCKET", "documents")
    bootstrap.settings.cache_clear()
    keys = InMemoryKeys()
    nobody: frozenset[Scope] = frozenset()
    door = Authenticating(
        [ByIam(tenant="default", user="arn", scopes=nobody), ByKey(keys, pepper="", remember_seconds=0)]
    )
    chat.dependency_overrides = {
        chat_dependencies.authenticating: lambda: door,
        chat_dependencies.signer: lambda: Signer("secret", seconds=60),
    }
    ingest.dependency_overrides = {ingest_dependencies.authenticating: lambda: door}
    yield keys
    chat.dependency_overrides = {}
    ingest.dependency_overrides = {}
    bootstrap.settings.cache_clear()


async def call(door: Door, headers: dict[str, str], event: dict[str, Any] | None = None) -> httpx.Response:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await door.app(scope | ({"aws.event": event} if event else {}), receive, send)

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sluice") as client:
        return await client.request(door.method, door.url, headers=headers)


def test_only_the_page_and_the_health_check_are_open() -> None:
    """A route that joins them has to be written down here."""
    walked = {(door.function, door.method, door.path) for door in doors()}
    served = {
        (name, method, route.path)
        for name, app in (("chat", chat), ("ingest", ingest))
        for route in routes(app)
        for method in route.methods or ()
    }

    assert served - walked == OPEN


def test_there_are_doors_to_try() -> None:
    """Should the walk find no routes, the tests below would prove nothing."""
    found = {(door.function, door.path) for door in doors()}

    assert {("chat", "/api/chat"), ("chat", "/api/search"), ("ingest", "/api/documents")} <= found


def test_whatever_is_not_a_plain_route_is_known() -> None:
    """A mounted app or a websocket would not be walked, so that there must be none."""
    others = [route for app in (chat, ingest) for route in everything(app) if not isinstance(route, APIRoute)]

    assert [getattr(route, "path", route) for route in others] == []


@pytest.mark.parametrize("door", doors(), ids=" ".join)
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "credentials_missing"),
        ({"authorization": f"Bearer {UNKNOWN}"}, "credentials_invalid"),
        ({"x-api-key": UNKNOWN}, "credentials_invalid"),
        ({"authorization": "Bearer nonsense"}, "credentials_invalid"),
        ({"authorization": "Basic YTpi"}, "credentials_missing"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/lambda"}, "credentials_missing"),
        ({"x-amzn-request-context": '{"authorizer":{"iam":{"userArn":"a","accountId":"1"}}}'}, "credentials_missing"),
    ],
)
async def test_no_door_opens_without_credentials(door: Door, headers: dict[str, str], code: str) -> None:
    """401, with a code for programs and words for people."""
    answer = await call(door, headers)

    code_of = error_code(answer)
    assert (answer.status_code, code_of) == (401, code), f"{door} answered {answer.text[:200]}"


@pytest.mark.parametrize("door", doors(), ids=" ".join)
async def test_no_door_opens_without_its_scope(door: Door, locked: InMemoryKeys) -> None:
    """403 for a key of the other function."""
    wrong = Scope.INGEST if door.function == "chat" else Scope.ASK
    key, text = access.issue(ApiKey("", "t", "u", "n", b"", frozenset({wrong})), "")
    await locked.add(key)

    answer = await call(door, {"authorization": f"Bearer {text}"})

    assert (answer.status_code, error_code(answer)) == (403, "not_allowed"), f"{door} answered {answer.text[:200]}"


@pytest.mark.parametrize("door", doors(), ids=" ".join)
async def test_aws_word_is_taken_from_the_event_only(door: Door) -> None:
    """A signed request is known: it is refused here for its scope, no longer for its credentials."""
    iam = {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/ada"}

    answer = await call(door, {}, {"requestContext": {"authorizer": {"iam": iam}}})

    assert (answer.status_code, error_code(answer)) == (403, "not_allowed"), f"{door} answered {answer.text[:200]}"


def error_code(answer: httpx.Response) -> Any:
    """Return the code of a problem answer, or of an error in OpenAI's form."""
    body = answer.json()
    return body.get("code") or body.get("error", {}).get("code")
