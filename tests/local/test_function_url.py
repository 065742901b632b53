"""Function URLs in front of real execution environments."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from local.http_event import PAYLOAD_LIMIT
from tests.local.conftest import Serve, until


async def test_a_request_arrives_as_it_was_sent(serve: Serve) -> None:
    """Method, encoded path, repeated query keys, cookies and body reach the app."""
    client, _ = await serve()

    answer = await client.post(
        "/a%20b/100%2525?x=1&x=2&y=", content="grüße", headers={"cookie": "k=v; l=w", "content-type": "text/plain"}
    )

    seen = answer.json()
    del seen["pid"]
    assert seen == {
        "method": "POST",
        "path": "/a b/100%25",
        "query": {"x": ["1", "2"]},
        "cookies": {"k": "v", "l": "w"},
        "body": "grüße",
        "environment": {
            "GREETING": "hello from sluice in us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "sluice-ChatFunction",
        },
    }


async def test_the_log_has_the_path_as_it_came(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Decoded, a client could write lines of its own; and HEAD is no answer that AWS would never end."""
    client, _ = await serve()

    with caplog.at_level("INFO", "local"):
        await client.head("/a%1Bb")
        await until(lambda: bool(caplog.messages))  # the client has its answer before the line is written

    assert [line.rpartition(" ")[0].rpartition(" ")[0] for line in caplog.messages] == ["HEAD /a%1Bb 200"]


async def test_bytes_arrive_before_the_function_makes_the_next(serve: Serve, tmp_path: Path) -> None:
    """The first word is here while the function still waits for the leave to go on, which only then is given."""
    client, _ = await serve()

    async with client.stream("GET", "/gated", params={"folder": str(tmp_path)}) as answer:
        words = answer.aiter_text()
        first = await anext(words)
        finished_before = (tmp_path / "finished").exists()
        (tmp_path / "go").touch()
        rest = "".join([word async for word in words])

    assert (first, finished_before, rest) == ("first ", False, "second")


async def test_a_client_that_leaves_does_not_stop_the_function(serve: Serve, tmp_path: Path) -> None:
    """The function runs to its end, in the environment that then takes the next request."""
    client, function = await serve()

    async with client.stream("GET", "/gated", params={"folder": str(tmp_path)}) as answer:
        await anext(answer.aiter_text())
    (tmp_path / "go").touch()
    await until((tmp_path / "finished").exists)
    next_answer = await client.get("/next")

    assert (next_answer.status_code, len(function.environments)) == (200, 1)


async def test_cookies_and_renamed_headers(serve: Serve) -> None:
    """Each cookie has its own header; a header that belongs to the URL comes under another name."""
    client, _ = await serve()

    answer = await client.get("/cookies")

    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/; SameSite=lax", "b=2; Path=/; SameSite=lax"]
    assert "www-authenticate" not in answer.headers
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Bearer"


async def test_overlapping_requests_get_more_environments(serve: Serve, tmp_path: Path) -> None:
    """A request that comes while another is answered runs in a process of its own; both processes stay."""
    client, function = await serve()

    async with client.stream("GET", "/gated", params={"folder": str(tmp_path)}) as answer:
        words = answer.aiter_text()
        await anext(words)
        during = await client.get("/during")
        (tmp_path / "go").touch()
        rest = [word async for word in words]

    assert rest == ["second"]
    assert (during.status_code, len(function.environments)) == (200, 2)


async def test_too_many_requests_at_once_are_throttled(serve: Serve, tmp_path: Path) -> None:
    """With every environment busy the URL answers 429 at once; what is under way goes on."""
    client, _ = await serve(limit=1)

    async with client.stream("GET", "/gated", params={"folder": str(tmp_path)}) as answer:
        words = answer.aiter_text()
        await anext(words)
        refused = await client.get("/during")
        (tmp_path / "go").touch()
        rest = [word async for word in words]

    assert rest == ["second"]
    assert (refused.status_code, refused.json()["message"]) == (429, "Rate Exceeded.")


async def test_a_timeout_kills_only_its_own_request(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The stuck one gets 502, what ran beside it is finished, and the log says how long it was given."""
    client, _ = await serve(timeout_seconds=1.0)

    with caplog.at_level("ERROR"):
        stuck, beside = await asyncio.gather(client.get("/stuck"), client.get("/beside"))

    assert (stuck.status_code, stuck.text, beside.status_code) == (502, "Internal Server Error", 200)
    assert "Task timed out after 1.00 seconds" in caplog.text
    assert (await client.get("/after")).status_code == 200


async def test_a_timeout_after_the_first_byte_cuts_the_stream(serve: Serve) -> None:
    """The client sees that the answer is not whole."""
    client, _ = await serve(timeout_seconds=1.0)

    async with client.stream("GET", "/stuck-later") as answer:
        words = answer.aiter_text()
        first = await anext(words)
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(words)

    assert first == "begun"


async def test_a_process_over_its_memory_is_killed(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """The request fails, the log names the limit, and the next request works."""
    client, _ = await serve(timeout_seconds=30.0)

    with caplog.at_level("ERROR"):
        greedy = await client.get("/greedy")

    assert greedy.status_code == 502
    assert "of 256 MB (MemorySize). Killed." in caplog.text
    assert (await client.get("/after")).status_code == 200


async def test_a_traceback_is_shown_whole_and_at_once(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """As one message, although the runtime writes no line's end after it."""
    client, _ = await serve()

    with caplog.at_level("INFO"):
        answer = await client.get("/broken")
        await until(lambda: "a bug in the app" in caplog.text)

    [shown] = [message for message in caplog.messages if "Traceback" in message]
    assert answer.status_code == 500
    assert shown.startswith("[ERROR]")
    assert shown.endswith("ValueError: a bug in the app")


async def test_a_process_that_ends_is_replaced(serve: Serve) -> None:
    """The request during which it ended fails; the next one finds another process."""
    client, _ = await serve()
    before = (await client.get("/before")).json()["pid"]

    ended = await client.get("/leave")
    after = (await client.get("/after")).json()["pid"]

    assert ended.status_code == 502
    assert after != before


async def test_what_runs_after_the_answer_does_not_hold_it_back(serve: Serve, tmp_path: Path) -> None:
    """A background task is run to its end by the same environment."""
    client, _ = await serve()

    answer = await client.get("/afterwards", params={"folder": str(tmp_path)})
    await until((tmp_path / "afterwards").exists)

    assert answer.text == "answered"


async def test_a_request_that_no_function_takes(serve: Serve) -> None:
    """Six megabytes are the limit, base64 included; brackets in a path are refused by the URL itself."""
    client, _ = await serve()

    too_large = await client.post("/large", content=b"x" * (PAYLOAD_LIMIT + 1), headers={"content-type": "text/plain"})
    too_large_in_base64 = await client.post("/large", content=b"x" * (PAYLOAD_LIMIT - 1_000_000))
    fits = await client.post("/large", content=b"x" * (PAYLOAD_LIMIT - 10_000), headers={"content-type": "text/plain"})

    assert [too_large.status_code, too_large_in_base64.status_code, fits.text] == [
        413,
        413,
        str(PAYLOAD_LIMIT - 10_000),
    ]


async def test_a_buffering_url_reads_the_answer(serve: Serve) -> None:
    """Status, headers, cookies and body come out of the object that the function returned."""
    client, _ = await serve(handler="tests.local.functions.web.buffered", invoke_mode="BUFFERED")

    answer = await client.get("/some%20where")

    assert (answer.status_code, answer.text, answer.headers["x-kind"]) == (201, '"/some%20where"', "buffered")
    assert answer.headers.get_list("set-cookie") == ["a=1"]


async def test_a_streaming_url_does_not_look_into_a_buffered_answer(serve: Serve) -> None:
    """The object itself is the body, as on AWS."""
    client, _ = await serve(handler="tests.local.functions.web.buffered")

    answer = await client.get("/path")

    assert (answer.status_code, answer.json()["statusCode"]) == (200, 201)


async def test_a_buffering_url_collects_a_streamed_answer(serve: Serve) -> None:
    """A function that streams answers the same through either kind of URL."""
    client, _ = await serve(invoke_mode="BUFFERED")

    answer = await client.get("/cookies")

    assert (answer.status_code, answer.text) == (200, "baked")
