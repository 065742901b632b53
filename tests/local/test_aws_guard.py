"""Pages of other sites, which a browser lets send what they like, before S3 and SQS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from local.aws import Aws
from local.postgres import free_port
from local.sqs import authorization
from local.template import Place
from tests.local.conftest import TEMPLATE, until

CROSS = {"sec-fetch-site": "cross-site"}
FORM: Mapping[str, tuple[str | None, bytes]] = {"key": (None, b"a.txt"), "file": ("a.txt", b"text")}


@pytest.fixture
async def s3(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """S3, which also answers under a name that the user added; its log is passed on."""
    place = Place(endpoint=f"http://127.0.0.1:{free_port()}")
    signed = {"authorization": authorization("s3", place.region)}
    async with (
        Aws(TEMPLATE, tmp_path, place, allowed_hosts=["box.example.org"]) as aws,
        httpx.AsyncClient(base_url=place.endpoint, headers=signed, timeout=30, trust_env=False) as client,
        asyncio.TaskGroup() as background,
    ):
        keeping = background.create_task(aws.keep_running())
        yield client
        keeping.cancel()


async def test_only_own_pages_upload_by_a_form(s3: httpx.AsyncClient) -> None:
    """The page's origin has another port than the bucket; another site's form leaves no object."""
    refused = [
        await s3.post("/sluice-dev", files=FORM, headers=headers)
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"})
    ]
    listed = (await s3.get("/sluice-dev")).text
    own = await s3.post("/sluice-dev", files=FORM, headers={"origin": "http://localhost:8000", **CROSS})

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(403, "origin_not_allowed")] * 3
    assert ("a.txt" in listed, own.status_code) == (False, 204)
    assert own.headers["access-control-allow-origin"] in ("*", "http://localhost:8000")


async def test_only_own_pages_read(s3: httpx.AsyncClient) -> None:
    """Nor is another site's page told by a preflight that it may; a link from anywhere opens a document."""
    await s3.put("/sluice-dev/a.txt", content=b"text")
    foreign = {"origin": "https://evil.example"}
    answers = [
        await s3.get("/sluice-dev/a.txt", headers=foreign),
        await s3.options("/sluice-dev/a.txt", headers={**foreign, "access-control-request-method": "GET"}),
        await s3.get("/sluice-dev/a.txt", headers={**CROSS, "sec-fetch-dest": "image"}),
        await s3.get("/sluice-dev/a.txt", headers={**CROSS, "sec-fetch-dest": "document"}),
        await s3.get("/sluice-dev/a.txt", headers={"origin": "http://box.example.org:8000"}),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403, 200, 200]
    assert not any("access-control-allow-origin" in each.headers for each in answers[:2])


async def test_a_link_gives_no_orders(s3: httpx.AsyncClient) -> None:
    """A link on another site's page opens an object, but neither makes a queue nor drives moto."""
    link = {**CROSS, "sec-fetch-dest": "document", "sec-fetch-mode": "navigate"}
    orders = "/?Action=CreateQueue&QueueName=theirs", "/moto-api/recorder/start-recording"

    refused = [await s3.get(order, headers=link) for order in orders]
    own = await s3.get("/?Action=ListQueues", headers={"authorization": authorization("sqs", "us-east-1")})

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(403, "origin_not_allowed")] * 2
    assert (own.status_code, "theirs" in own.text, "sluice-Uploads" in own.text) == (200, False, True)


async def test_a_name_of_anybody_is_not_answered(s3: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """Neither for reading nor for moto's own pages; the log says so once. Containers come by an address."""
    hosts = ("evil.example", "evil.example", "box.example.org", "172.18.0.2:9000", "localhost:9000")

    answers = [await s3.get("/moto-api/data.json", headers={"host": host}) for host in hosts]
    reset = await s3.post("/moto-api/reset", headers={"host": "evil.example"})
    await until(lambda: bool(caplog.messages))

    assert [each.status_code for each in (*answers, reset)] == [421, 421, 200, 200, 200, 421]
    assert reset.json()["code"] == "unknown_host"
    assert caplog.messages == ["A request was refused that came by 'the unknown host evil.example'."]
