"""What an app sees of a request, and what frameworks make of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import pytest_asyncio

from sluice.streaming.prelude import Prelude
from tests.streaming.conftest import Start
from tests.streaming.environment import ExecutionEnvironment, function_url_event

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOMAIN = "abc123.lambda-url.eu-west-1.on.aws"


async def seen(runtime: ExecutionEnvironment, *arguments: Any, **options: Any) -> dict[str, Any]:
    """Return what the app saw of an event."""
    found: dict[str, Any] = (await (await runtime.invoke(function_url_event(*arguments, **options))).end()).json()
    return found


async def test_a_request_arrives_whole(runtime: ExecutionEnvironment) -> None:
    """Every part of the scope that an app may look at."""
    found = await seen(
        runtime, "POST", "/a/b", query="x=1&x=2&empty=", headers={"Accept": "text/html"}, body='{"é": 1}'
    )

    assert found == {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/a/b",
        "raw_path": "/a/b",
        "root_path": "",
        "query_string": "x=1&x=2&empty=",
        "headers": [["host", DOMAIN], ["x-forwarded-proto", "https"], ["accept", "text/html"]],
        "client": ["192.0.2.1", 0],
        "server": [DOMAIN, 443],
        "body": base64.b64encode('{"é": 1}'.encode()).decode(),
    }


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/docs/100%2525.pdf", "/docs/100%25.pdf"),
        ("/docs/a%20b", "/docs/a b"),
        ("/docs/%C3%BCber%2Funter", "/docs/über/unter"),
        ("/docs/a+b", "/docs/a+b"),
        ("/docs/%zz", "/docs/%zz"),
        ("/", "/"),
    ],
)
async def test_a_path_is_decoded_once(sent: str, path: str, runtime: ExecutionEnvironment) -> None:
    """And kept as it was sent in `raw_path`, for apps that must tell `%2F` from a slash."""
    found = await seen(runtime, "GET", sent)

    assert (found["path"], found["raw_path"]) == (path, sent)


async def test_a_query_passes_verbatim(runtime: ExecutionEnvironment) -> None:
    """Repeated keys, order and encoding are the app's to read."""
    found = await seen(runtime, "GET", "/", query="b=2&a=1&b=%C3%BC+x&flag&c=a,b")

    assert found["query_string"] == "b=2&a=1&b=%C3%BC+x&flag&c=a,b"


async def test_a_binary_body_is_decoded(runtime: ExecutionEnvironment) -> None:
    """Uploads travel in base64."""
    content = bytes(range(256))

    assert base64.b64decode((await seen(runtime, "POST", "/", body=content))["body"]) == content


async def test_the_largest_request_arrives(runtime: ExecutionEnvironment) -> None:
    """Lambda takes events of 6 MiB, and headers and cookies of 10 KB and more among them."""
    headers = {f"x-{number}": "v" * 1_000 for number in range(20)}
    body = bytes(4 * 1024 * 1024)

    event = function_url_event("POST", "/size", headers=headers, cookies=["c=" + "x" * 8_000], body=body)
    length, in_headers = (await (await runtime.invoke(event)).end()).json()

    assert (length, in_headers > 28_000) == (len(body), True)


async def test_cookies_arrive_once(runtime: ExecutionEnvironment) -> None:
    """A function URL sends them twice: as a list and as a header."""
    found = await seen(runtime, "GET", "/", headers={"cookie": "a=1; b=2"}, cookies=["a=1", "b=2"])

    assert [header for header in found["headers"] if header[0] == "cookie"] == [["cookie", "a=1; b=2"]]


async def test_headers_that_pretend_to_come_from_lambda_are_dropped(runtime: ExecutionEnvironment) -> None:
    """An app that also runs behind AWS's Web Adapter trusts these; here only a client can have sent them."""
    spoofed = {"X-Amzn-Request-Context": "{}", "x-amzn-lambda-context": "{}", "x-amzn-trace-id": "Root=1"}
    found = await seen(runtime, "GET", "/", headers=spoofed)

    assert [name for name, _ in found["headers"] if name.startswith("x-amzn")] == ["x-amzn-trace-id"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def framework(start: Start) -> ExecutionEnvironment:
    return await start("framework.handler")


async def test_a_redirect_ends(framework: ExecutionEnvironment) -> None:
    """FastAPI's has no body; one byte makes the function URL end it."""
    answer = await (await framework.get("/old")).end()

    assert (answer.prelude.status, answer.prelude.headers["location"], answer.body) == (307, "/new", b"\n")


async def test_cookies_of_a_framework_stand_apart(framework: ExecutionEnvironment) -> None:
    """Both of them, each whole."""
    event = function_url_event(path="/session", cookies=["seen=before"])
    answer = await (await framework.invoke(event)).end()

    assert (answer.json(), answer.prelude) == (
        {"seen": "before"},
        Prelude(
            200,
            {"content-type": "application/json"},
            ("seen=yes; Path=/; SameSite=lax", "theme=dark; Path=/; SameSite=lax"),
        ),
    )


async def test_errors_of_a_framework_stream_too(framework: ExecutionEnvironment) -> None:
    """A function URL in streaming mode would show a buffered one as raw JSON with status 200."""
    answers = [await (await framework.get(path)).end() for path in ("/teapot", "/nowhere", "/broken")]

    assert [(answer.prelude.status, answer.body) for answer in answers] == [
        (418, b'{"detail":"short and stout"}'),
        (404, b'{"detail":"Not Found"}'),
        (500, b"Internal Server Error"),
    ]
    assert answers[0].prelude.headers["x-handle"] == "here"


async def test_a_file_passes(framework: ExecutionEnvironment) -> None:
    """Starlette sends files in a way of its own."""
    answer = await (await framework.get("/file")).end()

    assert (answer.prelude.status, answer.body.splitlines()[0][:15]) == (200, b'"""A FastAPI ap')


async def test_a_body_and_parameters_reach_the_endpoint(framework: ExecutionEnvironment) -> None:
    """Path, query and body, decoded as under any server."""
    event = function_url_event("POST", "/echo/100%2525", query="a=1&a=%C3%BC", body="text ü")
    answer = await (await framework.invoke(event)).end()

    assert json.loads(answer.body) == {"name": "100%25", "query": [["a", "1"], ["a", "ü"]], "body": "text ü"}
