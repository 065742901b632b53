"""Which requests the laptop's servers answer, where nobody signs in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from local.http_server import HttpServer, bind
from local.own_names import ByOwnName, Message, OwnNames, Receive, Send

OWN = [
    "localhost",
    "LOCALHOST:8000",
    "chat.localhost:1",
    "localhost.",
    "127.0.0.1:8000",
    "127.8.9.1",
    "[::1]:8000",
    "[::1]",
]
OTHERS = [
    *(
        "evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example:8000",
        "192.168.0.1",
        "0.0.0.0",
    ),
    *("[::2]", "::1", "a@localhost", "localhost/", "localhost:evil.example", "", "[localhost]"),
]


async def _answer(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answered"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a server that answers under its own names."""
    server = HttpServer(ByOwnName(_answer, OwnNames(), logging.getLogger("local.ChatFunction")), bind(0))
    await server.start()
    yield server.port
    await server.stop()


async def get(port: int, host: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}/", headers={"host": host})


@pytest.mark.parametrize("host", OWN)
def test_a_name_of_this_machine(host: str) -> None:
    """With a port and without, however it is written."""
    assert OwnNames().include(host)


@pytest.mark.parametrize("host", OTHERS)
def test_a_name_that_could_be_anybodys(host: str) -> None:
    """What only looks like a name of this machine is none."""
    assert not OwnNames().include(host)


def test_names_that_the_user_adds() -> None:
    """One name is that name alone; a star is every name, but never none."""
    one, every = OwnNames(["Box.example.org"]), OwnNames(["*"])

    assert [one.include(host) for host in ("box.example.org:443", "other.example.org")] == [True, False]
    assert [every.include(host) for host in ("other.example.org", "")] == [True, False]


def test_the_origins_of_own_pages() -> None:
    """Any port and scheme of this machine's names; a sandboxed page's `null` is nobody's; a star adds none."""
    origins = [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "https://evil.example",
        "null",
        "",
        "http://[",
        "http://[::1]:1",
    ]

    assert [OwnNames(["*"]).include_origin(origin) for origin in origins] == [
        True,
        True,
        False,
        False,
        False,
        False,
        True,
    ]


async def test_a_request_by_another_name_is_refused(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """As problem details that say what to do; the function never sees it, and the log has one harmless line."""
    own = await get(port, f"localhost:{port}")
    other = await get(port, "evil\x1b[31m.example")

    assert own.text == "answered"
    assert (other.status_code, other.headers["content-type"]) == (421, "application/problem+json")
    assert other.json() == {
        "type": "about:blank",
        "title": "Misdirected Request",
        "status": 421,
        "detail": "Here only requests for localhost or a loopback address are answered; "
        "`sluice up --allow-host NAME` adds a name.",
        "code": "unknown_host",
        "retryable": False,
    }
    assert caplog.messages == [r"421: a request for the unknown host 'evil\x1b[31m.example'"]


@pytest.mark.parametrize("hosts", ["", "host: localhost\r\nhost: evil.example\r\n"])
async def test_a_request_without_a_name_or_with_two(port: int, hosts: str) -> None:
    """No browser sends it, and nobody gets an answer by it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET / HTTP/1.0\r\n{hosts}\r\n".encode())
    status = await reader.readline()
    writer.close()

    assert status.split()[1] in (b"400", b"421")
