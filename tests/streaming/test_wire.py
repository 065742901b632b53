"""The bytes of a streamed answer, and when they arrive."""

from __future__ import annotations

import json

import psutil
import pytest

from sluice.streaming.prelude import Prelude
from tests.streaming.apps.routing import CHUNK
from tests.streaming.conftest import Start
from tests.streaming.environment import ExecutionEnvironment, Streamed, function_url_event
from tests.streaming.signals import Signals

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = {"content-type": "text/plain"}


async def test_each_chunk_arrives_before_the_next_one_is_made(runtime: ExecutionEnvironment, signals: Signals) -> None:
    """The app makes a chunk only after the test, having read the one before, says so."""
    reply = await runtime.get("/chunks")
    body = reply.chunks()

    arrived = []
    for number in range(3):
        signals.give(f"chunk {number}")
        arrived.append(await anext(body))
    signals.give("end")

    assert arrived == [b"chunk 0", b"chunk 1", b"chunk 2"]
    assert [rest async for rest in body] == []


async def test_the_post_says_what_lambda_wants_to_know(runtime: ExecutionEnvironment) -> None:
    """Mode, trailers, content type, the attempt's id and a connection of its own, all in the headers of one request."""
    reply = await runtime.get("/request")

    head = await reply.invocation.head()
    await reply.end()

    assert head.headers == {
        "host": runtime.api.address,
        "content-type": "application/vnd.awslambda.http-integration-response",
        "lambda-runtime-function-response-mode": "streaming",
        "lambda-runtime-invocation-id": "attempt-1",
        "transfer-encoding": "chunked",
        "trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        "connection": "close",
    }


async def test_the_body_opens_with_json_and_eight_nuls(runtime: ExecutionEnvironment) -> None:
    """Byte for byte, so that no reader of ours can hide a mistake."""
    reply = await runtime.get("/untyped")

    assert await reply.invocation.read() == (
        b'{"statusCode":200,"headers":{"content-type":"application/octet-stream"}}\0\0\0\0\0\0\0\0?'
    )


async def test_headers_are_made_fit_for_a_function_url(runtime: ExecutionEnvironment) -> None:
    """Repeated ones joined, cookies apart, and none that the URL would remap or reject everything for."""
    answer = await (await runtime.get("/headers")).end()

    assert answer == Streamed(
        Prelude(
            200,
            {"content-type": "text/plain", "vary": "accept, origin", "x-latin": "é"},
            ("a=1; Path=/", "b=2, with a comma"),
        ),
        b"ok",
        None,
    )


@pytest.mark.parametrize("status", [200, 201, 301, 302, 307, 400, 404, 405, 500])
async def test_an_empty_body_gets_one_byte_so_that_it_ends(status: int, runtime: ExecutionEnvironment) -> None:
    """A function URL would hold the connection for ever."""
    answer = await (await runtime.invoke(function_url_event(path="/status", query=str(status)))).end()

    assert (answer.prelude.status, answer.prelude.headers["x-kind"], answer.body) == (status, "empty", b"\n")


@pytest.mark.parametrize("path", ["/status", "/body-despite-status"])
@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_body_gets_none(path: str, status: int, runtime: ExecutionEnvironment) -> None:
    """These end by themselves, and must not carry a byte even when the app sends some."""
    answer = await (await runtime.invoke(function_url_event(path=path, query=str(status)))).end()

    assert (answer.prelude.status, answer.body) == (status, b"")


@pytest.mark.parametrize(("path", "query"), [("/status", "200"), ("/headers", ""), ("/fail-before", "")])
async def test_an_answer_to_head_has_no_body(path: str, query: str, runtime: ExecutionEnvironment) -> None:
    """HEAD comes as an ordinary event; what the app sends as a body is left out."""
    answer = await (await runtime.invoke(function_url_event("HEAD", path, query=query))).end()

    assert answer.body == b""


async def test_an_app_can_send_its_head_before_its_first_byte(runtime: ExecutionEnvironment, signals: Signals) -> None:
    """An empty chunk sends the head at once; a body that stays empty still ends with one byte."""
    reply = await runtime.get("/head-first")
    raw = reply.invocation.body()

    head = await anext(raw)
    signals.give("after head")
    rest = b"".join([chunk async for chunk in raw])

    assert (head, rest) == (b'{"statusCode":200,"headers":{"content-type":"text/event-stream"}}' + bytes(8), b"\n")


async def test_binary_bodies_pass_unchanged(runtime: ExecutionEnvironment) -> None:
    """All byte values, runs of NULs included."""
    answer = await (await runtime.get("/binary")).end()

    assert answer == Streamed(Prelude(200, {"content-type": "image/png"}), CHUNK[:700] + bytes(16) + CHUNK[:700], None)


async def test_what_holds_bytes_passes_as_bytes(runtime: ExecutionEnvironment) -> None:
    """Frameworks send views of memory too."""
    answer = await (await runtime.get("/views")).end()

    assert (answer.body == b"a little" + CHUNK * 2 + b"the end", answer.error) == (True, None)


async def test_a_huge_head_arrives_whole(runtime: ExecutionEnvironment) -> None:
    """What Lambda makes of it is in its hands; the log says that it may be too large."""
    answer = await (await runtime.get("/huge-head")).end()

    cookies = tuple(f"c{number}={'x' * 4_000}" for number in range(40))
    assert answer == Streamed(
        Prelude(200, {"content-type": "text/plain", "x-large": "y" * 100_000}, cookies), b"ok", None
    )
    await runtime.logs("Lambda may drop more than 16384")


async def test_breaks_in_headers_end_no_header(runtime: ExecutionEnvironment) -> None:
    """They become spaces, and what is no name is left out, so that no value can smuggle in a header."""
    answer = await (await runtime.get("/breaks-in-headers")).end()

    assert answer.prelude == Prelude(
        200, {"content-type": "text/plain", "x-split": "a  set-cookie: stolen=1 "}, ("a=1  x-more: 1",)
    )


async def test_an_empty_piece_does_not_end_the_answer(runtime: ExecutionEnvironment) -> None:
    """A chunk of length 0 would."""
    assert (await (await runtime.get("/empty-pieces")).end()).body == b"ab"


async def test_a_hundred_thousand_bytes_arrive_one_by_one(runtime: ExecutionEnvironment) -> None:
    """In order and complete."""
    answer = await (await runtime.get("/bytes-one-by-one")).end()

    assert answer.body == (CHUNK * 2)[:100_000]


@pytest.mark.parametrize("path", ["/large", "/one-large-piece"])
async def test_twenty_megabytes_pass_unchanged(path: str, runtime: ExecutionEnvironment) -> None:
    """In many pieces or in one."""
    answer = await (await runtime.get(path)).end()

    assert (len(answer.body), answer.body == CHUNK * 80) == (20 * 1024 * 1024, True)


@pytest.mark.parametrize(("path", "held"), [("/large", 0), ("/one-large-piece", 20)])
async def test_a_large_answer_takes_little_memory(path: str, held: int, start: Start) -> None:
    """The process grows by what the app holds itself, and a few buffers, while 20 MiB pass through it."""
    runtime = await start("plain.handler")
    await (await runtime.get("/request")).end()
    process = psutil.Process(runtime.process.pid)
    before = process.memory_info().rss

    reply = await runtime.get(path)
    grown = [process.memory_info().rss - before async for _ in reply.chunks()]

    assert max(grown) < (held + 8) * 1024 * 1024


async def test_a_slow_client_slows_the_app_down_but_not_its_other_tasks(
    runtime: ExecutionEnvironment, signals: Signals
) -> None:
    """While nobody reads, the sender stands still far before the end of its 20 MiB, and the loop runs on."""
    reply = await runtime.get("/blocked-sender")
    body = reply.chunks()
    received = len(await anext(body))

    signals.give("client is slow")
    await signals.hear("the sender waits")
    received += sum([len(chunk) async for chunk in body])

    assert received == 20 * 1024 * 1024


async def test_many_invocations_pass_through_one_environment(runtime: ExecutionEnvironment) -> None:
    """Streamed answers, one after the other, in the same process."""
    answers = [await (await runtime.get(f"/request/{number}")).end() for number in range(20)]

    assert [answer.json()["path"] for answer in answers] == [f"/request/{number}" for number in range(20)]


async def test_a_second_answer_is_an_error_that_changes_nothing(runtime: ExecutionEnvironment) -> None:
    """What the client has got stands; the app's mistake is in the log."""
    answer = await (await runtime.get("/twice")).end()
    await runtime.ready()

    assert (answer.json(), answer.error) == ("once", None)
    await runtime.logs("The app sent 'http.response.start' when it was not expected.")


async def test_the_app_hears_of_the_end_of_its_answer(runtime: ExecutionEnvironment, signals: Signals) -> None:
    """After the request, `receive` waits, and gives `http.disconnect` when the answer is complete."""
    answer = await (await runtime.get("/disconnect-message")).end()
    await signals.hear("received http.disconnect")

    assert json.loads(answer.body) == "http.request"
