"""The HTTP response that a function's answer becomes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from local.http_answer import FAILED, PRELUDE_END, PRELUDE_TYPE, Answer, begin, collected, from_payload, from_prelude

JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ({"statusCode": 200, "body": "hi"}, Answer(200, (JSON,), b"hi")),
        ({"statusCode": "404"}, Answer(404, (JSON,))),
        (
            {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": "AAE=", "isBase64Encoded": True},
            Answer(200, (("content-type", "image/png"),), b"\0\1"),
        ),
        (
            {"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}, "cookies": ["a=1", "b=2"]},
            Answer(
                401,
                (JSON, ("x-amzn-remapped-www-authenticate", "Bearer"), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
            ),
        ),
        ({"statusCode": 200, "headers": {"Content-Length": "99"}, "body": "hi"}, Answer(200, (JSON,), b"hi")),
        ({"message": "no status"}, Answer(200, (JSON,), b'{"message": "no status"}')),
        ([1, 2], Answer(200, (JSON,), b"[1, 2]")),
        ({"statusCode": "high"}, FAILED),
        ({"statusCode": 200, "headers": "none"}, FAILED),
    ],
)
def test_a_whole_answer(payload: object, answer: Answer) -> None:
    """An object with a status is a response; other JSON is the body of one; nonsense is a failure."""
    assert from_payload(json.dumps(payload).encode()) == answer


def test_an_answer_that_is_not_json() -> None:
    """It is a failure of the function."""
    assert from_payload(b"<html>") == FAILED


@pytest.mark.parametrize(
    ("prelude", "answer"),
    [
        (
            {"statusCode": 201, "headers": {"Content-Type": "text/plain", "Date": "x"}, "cookies": ["a=1"]},
            Answer(201, (("content-type", "text/plain"), ("x-amzn-remapped-date", "x"), ("set-cookie", "a=1"))),
        ),
        ({}, Answer(200, (("content-type", "application/octet-stream"),))),
        ({"statusCode": 200, "headers": {"X-Amzn-RequestId": "1", "a": "b"}}, Answer(502)),
        ({"statusCode": 200, "headers": ["a"]}, Answer(502)),
    ],
)
def test_a_prelude(prelude: object, answer: Answer) -> None:
    """One header that belongs to AWS, or a form that is not understood, costs the status and every header."""
    assert from_prelude(json.dumps(prelude).encode()) == answer


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_a_prelude_in_pieces(size: int) -> None:
    """Where the chunks are cut does not matter, not even within the eight zero bytes."""
    sent = b'{"statusCode":202,"headers":{"content-type":"a/b"}}' + PRELUDE_END + b"body \0 more"

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), size):
            yield sent[start : start + size]

    stream = chunks()
    answer, first = await begin(stream, PRELUDE_TYPE)
    rest = b"".join([chunk async for chunk in stream])

    assert (answer, first + rest) == (Answer(202, (("content-type", "a/b"),)), b"body \0 more")


async def test_a_stream_that_ends_before_it_says_what_it_is() -> None:
    """There is no answer; what had come is returned."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"statusCode"'

    assert await begin(chunks(), PRELUDE_TYPE) == (None, b'{"statusCode"')


def test_a_streamed_answer_read_whole() -> None:
    """A buffering URL takes the prelude apart as a streaming one does."""
    payload = b'{"statusCode":404,"headers":{"content-type":"a/b"}}' + PRELUDE_END + b"gone"

    assert collected(payload, PRELUDE_TYPE) == Answer(404, (("content-type", "a/b"),), b"gone")
    assert collected(b"raw", "a/b") == Answer(200, (("content-type", "a/b"),), b"raw")
