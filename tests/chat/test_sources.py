"""The link that opens a source."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from sluice.authenticating import Authenticating, ByKey
from sluice.domain import Caller, Document, ObjectRef, uuid7
from sluice.signing import Signer
from sluice.testing.keys import InMemoryKeys
from tests.chat.conftest import Parts


@pytest.fixture
async def document(parts: Parts) -> Document:
    return await parts.documents.register(Caller(), ObjectRef("documents", "sea/whales é.pdf", "etag", 10))


@pytest.fixture
def locked() -> None:
    """Nobody gets in without a key, and there is none."""
    door = Authenticating([ByKey(InMemoryKeys(), pepper="", remember_seconds=0)])
    app.dependency_overrides[dependencies.authenticating] = lambda: door


async def test_a_source_opens_at_an_address_of_the_bucket(
    client: httpx.AsyncClient, parts: Parts, document: Document
) -> None:
    """A browser follows; a program that wants JSON gets the address."""
    followed = await client.get(f"/v1/sources/{document.id}?start=5")
    told = await client.get(f"/v1/sources/{document.id}", headers={"accept": "application/json"})

    url = "https://documents.test/sea/whales é.pdf?expires=300"
    assert (followed.status_code, told.json()) == (302, {"url": url})
    assert followed.headers["location"].startswith("https://documents.test/sea/whales%20%C3%A9.pdf")
    assert followed.headers["cache-control"] == "no-store"


async def test_an_unknown_document_is_not_found(client: httpx.AsyncClient, parts: Parts) -> None:
    """The same for one of another tenant."""
    theirs = await parts.documents.register(Caller("other"), ObjectRef("documents", "theirs.pdf", "etag", 10))

    answers = [await client.get(f"/v1/sources/{document_id}") for document_id in (uuid7(), theirs.id)]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_the_link_of_an_answer_needs_no_credentials(
    client: httpx.AsyncClient, parts: Parts, document: Document, locked: None
) -> None:
    """It carries a ticket, since a browser that follows a link sends no key."""
    ticket = Signer("secret", seconds=60).ticket(Caller(), document.id)

    bare = await client.get(f"/v1/sources/{document.id}")
    signed = await client.get(f"/v1/sources/{document.id}?ticket={ticket}")

    assert (bare.status_code, signed.status_code) == (401, 302)


def another_document(ticket: str) -> str:
    return Signer("secret", seconds=60).ticket(Caller(), UUID(int=9)) or ""


def another_secret(ticket: str) -> str:
    return Signer("guessed", seconds=60).ticket(Caller(), UUID(int=9)) or ""


def another_tenant(ticket: str) -> str:
    expiry, _, signature = ticket.split(".")
    return f"{expiry}.b3RoZXI.{signature}"


def a_later_end(ticket: str) -> str:
    expiry, tenant, signature = ticket.split(".")
    return f"{int(expiry) + 1}.{tenant}.{signature}"


@pytest.mark.parametrize(
    "forge", [another_document, another_secret, another_tenant, a_later_end, lambda _: "", lambda _: "é.é.é"]
)
async def test_a_forged_ticket_opens_nothing(
    client: httpx.AsyncClient, parts: Parts, document: Document, forge: Callable[[str], str]
) -> None:
    """Neither another document nor another tenant nor another time."""
    ticket = Signer("secret", seconds=60).ticket(Caller(), document.id) or ""

    answer = await client.get(f"/v1/sources/{document.id}", params={"ticket": forge(ticket)})

    assert (answer.status_code, answer.json()["code"]) == (401, "credentials_invalid")


async def test_an_old_ticket_has_expired(client: httpx.AsyncClient, parts: Parts, document: Document) -> None:
    """A link that somebody kept does not work for ever."""
    ticket = Signer("secret", seconds=-5).ticket(Caller(), document.id)

    answer = await client.get(f"/v1/sources/{document.id}?ticket={ticket}")

    assert (answer.status_code, answer.json()["code"]) == (401, "credentials_expired")


def test_without_a_secret_there_are_no_tickets() -> None:
    """And none that somebody made is taken."""
    assert Signer("", seconds=60).ticket(Caller(), UUID(int=1)) is None
