"""Every case through every front door: all answer as uvicorn does, or differ as is said here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.http_server import HttpServer, bind
from tests.streaming import doors
from tests.streaming.apps import doors as served
from tests.streaming.conftest import Start
from tests.streaming.doors import Got, Sent
from tests.streaming.environment import WRAPPER, ExecutionEnvironment

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Door:
    """How a request becomes an event, which handler takes it, and whether under our runtime or the managed one."""

    event: Callable[[Sent], dict[str, Any]]
    streams: bool = False
    handler: str = "handler"
    managed: bool = False
    decodes_path: bool = False


DOORS = {
    "function URL, streamed": Door(doors.function_url, streams=True),
    "function URL, buffered": Door(doors.function_url, managed=True),
    "REST API, streamed": Door(doors.rest_api, streams=True, handler="streaming_to_rest_apis"),
    "REST API, buffered": Door(doors.rest_api),
    "REST API, managed runtime": Door(doors.rest_api, handler="streaming_to_rest_apis", managed=True),
    "HTTP API, format 2.0": Door(doors.http_api, decodes_path=True),
    "HTTP API, format 1.0": Door(doors.http_api_1, handler="streaming_to_rest_apis", decodes_path=True),
    "sam local start-api": Door(doors.sam_start_api, decodes_path=True),
    "load balancer": Door(doors.load_balancer),
}

CASES = {
    "plain": Sent("/echo/a"),
    "repeated and empty query keys": Sent("/echo/a", query="b=2&b=3&a=1&c="),  # several doors group them by name
    "encoded query": Sent("/echo/a", query="q=caf%C3%A9%20%26%20bar"),
    "Unicode path": Sent("/echo/caf%C3%A9/a%20b"),
    "encoded percent": Sent("/echo/100%2525.pdf"),
    "cookies": Sent("/echo/a", cookies=["a=1", "b=2"]),
    "headers": Sent("/echo/a", headers={"x-kind": "special"}),
    "JSON": Sent("/echo/a", "POST", headers={"content-type": "application/json"}, body='{"ü": 1}'.encode()),
    "binary body": Sent("/echo/a", "PUT", headers={"content-type": "image/png"}, body=bytes(range(256))),
    "HEAD": Sent("/echo/a", "HEAD"),
    "repeated headers and cookies": Sent("/cookies"),
    "binary answer": Sent("/binary"),
    "204": Sent("/nothing", query="status=204"),
    "304": Sent("/nothing", query="status=304"),
    "an empty 200": Sent("/nothing", query="status=200"),
    "redirect": Sent("/away"),
    "not found": Sent("/missing"),
    "stream of events": Sent("/events"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def environments(start: Start) -> dict[tuple[str, bool], ExecutionEnvironment]:
    """One environment for each handler and runtime that some door needs."""
    needed = {(door.handler, door.managed) for door in DOORS.values()}
    return {
        (handler, managed): await start(f"doors.{handler}", wrapper=None if managed else WRAPPER)
        for handler, managed in needed
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uvicorn() -> AsyncIterator[httpx.AsyncClient]:
    """The app behind a plain server."""
    server = HttpServer(served.app, bind(0))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    await server.stop()


async def through_uvicorn(client: httpx.AsyncClient, sent: Sent) -> Got:
    headers = {name: value for name, value in sent.all_headers.items() if name != "host"}
    client.cookies.clear()
    url = f"{sent.path}?{sent.query}" if sent.query else sent.path
    async with client.stream(sent.method, url, headers=headers, content=sent.body or None) as answer:
        body = b"".join([piece async for piece in answer.aiter_bytes()])
        return doors.got(answer.status_code, answer.headers.multi_items(), body)


def allowed_difference(expected: Got, sent: Sent, door: Door) -> Got:
    """Return what the client of this door gets instead: nothing else may differ."""
    body, headers = expected.body.replace(b'"scheme":"http"', b'"scheme":"https"'), dict(expected.headers)
    if door.decodes_path:  # the sender has decoded it, so that Mangum's decoding is the second one
        body = body.replace(b"/echo/100%25.pdf", b"/echo/100%.pdf")
    has_body = sent.method != "HEAD" and expected.status not in (204, 304)
    if door.streams and has_body and not body:
        body = b"\n"  # without a byte a streaming URL would never end the answer
    if door.streams and has_body:
        headers.setdefault("content-type", "application/octet-stream")
    if (door.event is doors.function_url and door.managed) or door.event is doors.http_api:
        headers.setdefault("content-type", "application/json")  # Mangum's
    return replace(expected, body=body, headers=headers)


@pytest.mark.parametrize("sent", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
async def test_every_door_answers_as_a_plain_server(
    door: Door,
    sent: Sent,
    uvicorn: httpx.AsyncClient,
    environments: dict[tuple[str, bool], ExecutionEnvironment],
) -> None:
    """Status, headers, cookies and body are those of uvicorn."""
    expected = allowed_difference(await through_uvicorn(uvicorn, sent), sent, door)

    reply = await environments[door.handler, door.managed].invoke(door.event(sent))
    answer = doors.from_stream(await reply.end()) if door.streams else doors.from_envelope(await reply.envelope())

    assert answer == expected


ADDRESSES = {
    "function URL, streamed": "https://door.example.com/",
    "function URL, buffered": "https://door.example.com/",
    "REST API, streamed": "https://door.example.com/prod/",
    "REST API, buffered": "https://door.example.com/prod/",
    "REST API, managed runtime": "https://door.example.com/prod/",
    "HTTP API, format 2.0": "https://door.example.com/",
    "HTTP API, format 1.0": "https://door.example.com/",
    "sam local start-api": "https://door.example.com/",
    "load balancer": "https://door.example.com/",
}


@pytest.mark.parametrize(("name", "address"), ADDRESSES.items(), ids=ADDRESSES.keys())
async def test_an_app_knows_the_address_that_its_client_used(
    name: str, address: str, environments: dict[tuple[str, bool], ExecutionEnvironment]
) -> None:
    """The stage of a REST API is part of it, so that what an app links to can be reached."""
    door = DOORS[name]

    reply = await environments[door.handler, door.managed].invoke(door.event(Sent("/base")))

    answer = doors.from_stream(await reply.end()) if door.streams else doors.from_envelope(await reply.envelope())
    assert answer.body.decode() == address


def one_value_a_name(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with the last value of each header and query parameter alone, as senders may have it."""
    kept = {name: it for name, it in event.items() if not name.startswith("multiValue")}
    headers = {name: values[-1] for name, values in event["multiValueHeaders"].items()}
    return {**kept, "headers": headers, "queryStringParameters": {"a": "2", "b": "x%20y"}}


EVENTS: dict[str, Callable[[Sent], dict[str, Any]]] = {
    "REST API, one value a name": lambda sent: one_value_a_name(doors.rest_api(sent)),
    "REST API, whole": doors.rest_api,
    "REST API, nothing given": lambda sent: {**doors.rest_api(sent), "headers": None, "multiValueHeaders": None},
    "HTTP API, format 1.0, one value a name": lambda sent: one_value_a_name(doors.http_api_1(sent)),
    "HTTP API, format 2.0": doors.http_api,
    "load balancer, several values alone": doors.load_balancer,
    "load balancer, one value a name": lambda sent: one_value_a_name(doors.load_balancer(sent)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mangum(start: Start) -> ExecutionEnvironment:
    """The same app behind Mangum, under the managed runtime."""
    return await start("mangum_itself.handler", wrapper=None)


@pytest.mark.parametrize("name", ["repeated and empty query keys", "cookies", "JSON", "binary body", "binary answer"])
@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
async def test_a_buffered_door_is_answered_as_by_mangum(
    event: Callable[[Sent], dict[str, Any]],
    name: str,
    mangum: ExecutionEnvironment,
    environments: dict[tuple[str, bool], ExecutionEnvironment],
) -> None:
    """Envelope by envelope, whatever form the sender gives to headers, query and body."""
    sent = event(CASES[name])

    ours, theirs = [await (await it.invoke(sent)).envelope() for it in (environments["handler", False], mangum)]

    assert ours == theirs


async def test_a_domain_of_ones_own_hides_the_stage(
    environments: dict[tuple[str, bool], ExecutionEnvironment],
) -> None:
    """Then both paths are the same, even where the app's begins as the stage does."""
    for path in ("/base", "/prod/base"):
        event = doors.rest_api(Sent(path))
        event["requestContext"]["path"] = path

        reply = await environments["handler", False].invoke(event)

        answer = doors.from_envelope(await reply.envelope())
        assert (answer.status, answer.body) == (
            (200, b"https://door.example.com/") if path == "/base" else (404, answer.body)
        )
