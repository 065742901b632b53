"""How the page is served: what it weighs, what it may do, how long a browser keeps it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from functions.chat import page
from functions.chat.app import app
from functions.ingest.page_access import PageAccess
from sluice.settings import Settings
from tests.conftest import missing

MOST_BYTES = 60 * 1024
SETTINGS = Settings(
    database_url="postgresql://nowhere",
    bucket="documents",
    ingest_url="https://ingest.example/",
    upload_urls=frozenset({"https://documents.s3.example"}),
    auth=frozenset({"key", "oidc"}),
    oidc_issuer="https://issuer.example",
    oidc_audience=frozenset({"page"}),
    oidc_origins=frozenset({"https://tokens.example"}),
)
UNIT_TESTS = Path(__file__).with_name("unit")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app.dependency_overrides = {page.settings: lambda: SETTINGS}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://chat") as client:
        yield client
    app.dependency_overrides = {}


def script_path(html: str) -> str:
    found = re.search(r'src="(assets/[^"]+)"', html)
    assert found, html
    return f"/{found[1]}"


async def test_document_and_script_are_light(client: httpx.AsyncClient) -> None:
    """All that a browser loads is at most 60 KB on the wire, and the document needs nothing else to be painted."""
    html = await client.get("/")
    script = await client.get(script_path(html.text))

    assert [answer.headers["content-encoding"] for answer in (html, script)] == ["gzip", "gzip"]
    assert sum(len(gzip.compress(answer.content, 9)) for answer in (html, script)) <= MOST_BYTES
    assert '<link rel="stylesheet"' not in html.text


async def test_a_browser_keeps_the_script_and_asks_again_for_the_document(client: httpx.AsyncClient) -> None:
    """The script's name changes with its content; the document costs a question, and no bytes while it is the same."""
    html = await client.get("/")
    script = await client.get(script_path(html.text))
    again = await client.get("/", headers={"if-none-match": html.headers["etag"]})

    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert html.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/assets/app-0123.js")).status_code == 404


async def test_a_client_that_can_not_unpack_gets_it_plainly(client: httpx.AsyncClient) -> None:
    """The same bytes, unpacked."""
    plain = await client.get("/", headers={"accept-encoding": "identity"})

    assert "content-encoding" not in plain.headers
    assert plain.content == page.document().content


async def test_the_policy_allows_what_the_page_needs_and_nothing_else(client: httpx.AsyncClient) -> None:
    """Our script, the style whose hash is named, our two functions, the bucket and the identity provider."""
    html = await client.get("/")
    style = re.search(r"<style>(.*)</style>", html.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert html.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'sha256-{digest}'",
        "connect-src 'self' https://documents.s3.example https://ingest.example https://issuer.example https://tokens.example",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
    ]


def test_a_place_beside_the_page_needs_no_mention() -> None:
    """Where both functions share an address, `self` is all that is reached besides the bucket."""
    policy = page.policy(SETTINGS.model_copy(update={"ingest_url": ".", "auth": frozenset({"key"})}))

    assert "connect-src 'self' https://documents.s3.example;" in policy


async def test_what_a_front_end_has_to_know(client: httpx.AsyncClient) -> None:
    """Where documents go, and how to sign in."""
    assert (await client.get("/config.json")).json() == {
        "ingest_url": "https://ingest.example/",
        "auth": ["key", "oidc"],
        "oidc": {"issuer": "https://issuer.example", "client_id": "page"},
    }


@pytest.mark.parametrize(
    ("changes", "client_id"),
    [
        ({"oidc_client_id": "web"}, "web"),
        ({"oidc_audience": frozenset({"page", "other"}), "oidc_client_id": "web"}, "web"),
        ({"oidc_audience": frozenset({"page", "other"})}, None),
        ({"auth": frozenset({"key"})}, None),
    ],
)
async def test_which_client_the_page_is(
    client: httpx.AsyncClient, changes: dict[str, object], client_id: str | None
) -> None:
    """The one that is named, else the only audience; without either, or without OIDC, there is no such sign-in."""
    app.dependency_overrides = {page.settings: lambda: SETTINGS.model_copy(update=changes)}
    told = (await client.get("/config.json")).json()["oidc"]

    assert (told and told["client_id"]) == client_id


def test_what_was_taken_from_others_is_what_they_published(page_folder: Path) -> None:
    """Every vendored file has the hash that its manifest names, and no file is without one."""
    vendor = page_folder / "vendor"
    manifest = json.loads((vendor / "manifest.json").read_text())
    named = {path: digest for library in manifest.values() for path, digest in library["files"].items()}
    found = {
        str(file.relative_to(vendor)): hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in vendor.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
    }

    assert found == named


def test_only_the_sanitiser_takes_html(page_folder: Path) -> None:
    """No module of ours writes HTML as text."""
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")

    assert [file.name for file in page_folder.glob("*.js") if sinks.search(file.read_text())] == []


def test_the_modules_by_themselves() -> None:
    """Node's own runner over tests/page/unit."""
    node = shutil.which("node")
    if not node:
        missing("node is not on this machine")
    files = sorted(map(str, UNIT_TESTS.glob("*.test.js")))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


async def test_only_the_page_may_use_the_ingest_function_from_a_browser() -> None:
    """The page's origin is allowed its methods and headers; another origin is told nothing."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"yes"})

    guarded = PageAccess(answer, origins=lambda: {"https://page.example"})
    asked = {"access-control-request-method": "DELETE", "access-control-request-headers": "x-api-key"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=guarded), base_url="http://ingest") as client:
        before = await client.options("/", headers={"origin": "https://page.example", **asked})
        ours = await client.get("/", headers={"origin": "https://page.example"})
        other = await client.get("/", headers={"origin": "https://other.example"})

    assert before.status_code == 200
    assert [each.headers.get("access-control-allow-origin") for each in (before, ours, other)] == [
        "https://page.example",
        "https://page.example",
        None,
    ]


async def test_a_page_of_another_origin_changes_nothing() -> None:
    """Nor does a form there, which a browser sends without asking first; what is no browser names no origin."""
    seen: list[str] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["method"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"yes"})

    guarded = PageAccess(answer, origins=lambda: {"https://page.example"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=guarded), base_url="http://ingest") as client:
        other = await client.post("/", headers={"origin": "https://other.example"})
        ours = await client.post("/", headers={"origin": "https://page.example"})
        command = await client.delete("/")

    assert (other.status_code, other.json()["code"]) == (403, "origin_not_allowed")
    assert (ours.status_code, command.status_code, seen) == (200, 200, ["POST", "DELETE"])
