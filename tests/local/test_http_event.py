"""The event that an HTTP request becomes."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local.http_event import PAYLOAD_LIMIT, Request, RequestTooLarge, event

NOW = datetime(2026, 11, 24, 13, 7, 9, 250_000, tzinfo=UTC)
REQUEST = Request(
    method="POST",
    raw_path="/docs/100%2525%20%C3%A9",
    raw_query="a=1&a=2&b=x+y&c=",
    headers=(
        ("host", "127.0.0.1:8000"),
        ("user-agent", "curl/8"),
        ("accept", "text/html"),
        ("accept", "text/plain"),
        ("cookie", "k=v; l=w"),
        ("content-type", "application/json"),
        ("x-forwarded-for", "203.0.113.9"),
    ),
    body='{"q":"grüße"}'.encode(),
)


CONTEXT = {
    "accountId": "anonymous",
    "apiId": "abc",
    "domainName": "abc.lambda-url.us-east-1.on.aws",
    "domainPrefix": "abc",
    "http": {
        "method": "POST",
        "path": "/docs/100%25 é",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "curl/8",
    },
    "requestId": "r-1",
    "routeKey": "$default",
    "stage": "$default",
    "time": "24/Nov/2026:13:07:09 +0000",
    "timeEpoch": 1795525629250,
}


def made(request: Request) -> dict[str, object]:
    """Return the event of a request, decoded."""
    content: dict[str, object] = json.loads(
        event(request, domain="abc.lambda-url.us-east-1.on.aws", request_id="r-1", trace_id="Root=1-a-b", now=NOW)
    )
    return content


def test_every_field_of_a_request() -> None:
    """Payload format 2.0, as a real function URL sends it."""
    assert made(REQUEST) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/docs/100%2525%20%C3%A9",
        "rawQueryString": "a=1&a=2&b=x+y&c=",
        "cookies": ["k=v", "l=w"],
        "headers": {
            "host": "127.0.0.1:8000",
            "user-agent": "curl/8",
            "accept": "text/html,text/plain",
            "cookie": "k=v; l=w",
            "content-type": "application/json",
            "x-forwarded-for": "203.0.113.9,127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-port": "8000",
            "x-amzn-trace-id": "Root=1-a-b",
        },
        "queryStringParameters": {"a": "1,2", "b": "x y", "c": ""},
        "requestContext": CONTEXT,
        "body": '{"q":"grüße"}',
        "isBase64Encoded": False,
    }


def test_what_a_bare_request_leaves_out() -> None:
    """Without cookies, query and body their keys are absent."""
    bare = made(Request("GET", "/", "", (("host", "h"),)))

    assert set(bare) == {
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
        "isBase64Encoded",
    }


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/octet-stream", b"plain"),
        ("application/x-www-form-urlencoded", b"a=1"),
        ("", b"plain"),
        ("text/plain", b"\xff\xfe"),
    ],
)
def test_a_body_that_travels_as_base64(content_type: str, body: bytes) -> None:
    """What its type does not call text, or what is not text, arrives byte by byte."""
    sent = made(replace(REQUEST, headers=(("content-type", content_type),), body=body))

    assert (sent["body"], sent["isBase64Encoded"]) == (base64.b64encode(body).decode(), True)


def test_a_request_over_the_limit() -> None:
    """Six megabytes are counted as they travel."""
    with pytest.raises(RequestTooLarge):
        made(replace(REQUEST, body=b"x" * PAYLOAD_LIMIT))
