"""The same request through every front door, and the answer that its client sees.

The events are those that AWS documents for function URLs, API Gateway and load balancers, and the one that
`sam local start-api` makes; the answers are read as each of them reads them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.streaming.environment import Streamed, function_url_event

HOST = "door.example.com"
LOCAL_TO_A_CONNECTION = {"content-length", "date", "server", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Sent:
    """A request; `path` and `query` are percent-encoded."""

    path: str
    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[str] = ()
    body: bytes = b""

    @property
    def all_headers(self) -> dict[str, str]:
        cookie = {"cookie": "; ".join(self.cookies)} if self.cookies else {}
        return {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-port": "443", **self.headers, **cookie}

    @property
    def text(self) -> dict[str, Any]:
        """The body as events have it: in base64."""
        return {"body": base64.b64encode(self.body).decode() or None, "isBase64Encoded": bool(self.body)}


@dataclass(frozen=True)
class Got:
    """An answer as its client sees it: without what concerns one connection only."""

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    body: bytes


def got(status: int, headers: Sequence[tuple[str, str]], body: bytes, cookies: Sequence[str] = ()) -> Got:
    """Join repeated headers, as a reader may; set cookies apart."""
    joined: dict[str, str] = {}
    baked = list(cookies)
    for given, value in headers:
        name = given.lower()
        if name == "set-cookie":
            baked.append(value)
        elif name not in LOCAL_TO_A_CONNECTION:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return Got(
        status, {name: value.replace(",", ", ").replace(",  ", ", ") for name, value in joined.items()}, baked, body
    )


def from_stream(answer: Streamed) -> Got:
    return got(answer.prelude.status, list(answer.prelude.headers.items()), answer.body, answer.prelude.cookies)


def from_envelope(envelope: Mapping[str, Any]) -> Got:
    """Read a buffered answer; where both kinds of headers are given, those with several values count."""
    headers = dict(envelope.get("headers") or {})
    several = envelope.get("multiValueHeaders") or {}
    pairs = [(name, value) for name, value in headers.items() if name not in several]
    pairs += [(name, value) for name, values in several.items() for value in values]
    body = envelope["body"]
    content = base64.b64decode(body) if envelope.get("isBase64Encoded") else body.encode()
    return got(envelope["statusCode"], pairs, content, envelope.get("cookies") or ())


def function_url(sent: Sent) -> dict[str, Any]:
    body = sent.body or None
    event = function_url_event(
        sent.method, sent.path, query=sent.query, headers=sent.all_headers, cookies=sent.cookies, body=body
    )
    event["requestContext"]["http"]["path"] = unquote(sent.path)
    return event


def http_api(sent: Sent) -> dict[str, Any]:
    """Payload format 2.0; the path comes decoded."""
    domain = {"domainName": "id.execute-api.eu-west-1.amazonaws.com", "stage": "$default"}
    return {
        **function_url(sent),
        "rawPath": unquote(sent.path),
        "requestContext": {**function_url(sent)["requestContext"], **domain},
    }


def rest_api(sent: Sent) -> dict[str, Any]:
    """Payload format 1.0."""
    pairs = parse_qsl(sent.query, keep_blank_values=True)
    several = {name: [value for other, value in pairs if other == name] for name, _ in pairs}
    return {
        "resource": "/{proxy+}",
        "path": sent.path,
        "httpMethod": sent.method,
        "headers": sent.all_headers,
        "multiValueHeaders": {name: [value] for name, value in sent.all_headers.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": {"proxy": sent.path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "httpMethod": sent.method,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "t"},
            "path": f"/prod{sent.path}",
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        **sent.text,
    }


def http_api_1(sent: Sent) -> dict[str, Any]:
    """An HTTP API with payload format 1.0: a REST API's event with a version, and the path decoded."""
    return {**rest_api(sent), "version": "1.0", "path": unquote(sent.path)}


def sam_start_api(sent: Sent) -> dict[str, Any]:
    """A REST API as `sam local start-api` plays it: the path comes decoded, and the server is named."""
    event = rest_api(sent)
    context = {**event["requestContext"], "domainName": "127.0.0.1:3000", "protocol": "HTTP/1.1", "stage": "Prod"}
    return {**event, "path": unquote(sent.path), "requestContext": context, "stageVariables": None}


def load_balancer(sent: Sent) -> dict[str, Any]:
    """With multi-value headers; query parameters come as they were sent."""
    pairs = [part.partition("=") for part in sent.query.split("&") if part]
    several = {name: [value for other, _, value in pairs if other == name] for name, _, _ in pairs}
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t"}
        },
        "httpMethod": sent.method,
        "path": sent.path,
        "multiValueQueryStringParameters": several,
        "multiValueHeaders": {
            name: [value] for name, value in {**sent.all_headers, "x-forwarded-for": "192.0.2.1"}.items()
        },
        **sent.text,
        "body": sent.text["body"] or "",
    }
