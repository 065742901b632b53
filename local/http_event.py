"""Turns an HTTP request into the event that a function URL makes of it: payload format 2.0.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and what real URLs were observed to send.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

PAYLOAD_LIMIT = 6 * 1024 * 1024
ACCOUNT = "anonymous"
_TEXT = ("text/", "json", "xml", "javascript")


class RequestTooLarge(Exception):
    """The event would be larger than a function takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came over the wire: target and header values undecoded, header names in lower case."""

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    client: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"


def event(request: Request, *, domain: str, request_id: str, trace_id: str, now: datetime) -> bytes:
    """Return the event as JSON, `domain` being the URL's on AWS; raise `RequestTooLarge` when it exceeds 6 MiB."""
    headers = _headers(request, trace_id)
    cookies = [part.strip() for part in headers.get("cookie", "").split(";") if part.strip()]
    query = _joined(parse_qsl(request.raw_query, keep_blank_values=True))
    body, is_base64 = _body(request.body, headers.get("content-type", ""))
    content = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.raw_path,
        "rawQueryString": request.raw_query,
        **({"cookies": cookies} if cookies else {}),
        "headers": headers,
        **({"queryStringParameters": query} if query else {}),
        "requestContext": _context(request, domain, headers, request_id, now),
        **({"body": body} if request.body else {}),
        "isBase64Encoded": is_base64,
    }
    encoded = json.dumps(content, ensure_ascii=False).encode()
    if len(encoded) > PAYLOAD_LIMIT:
        raise RequestTooLarge
    return encoded


def _context(request: Request, domain: str, headers: dict[str, str], request_id: str, now: datetime) -> dict[str, Any]:
    now = now.astimezone(UTC)
    return {
        "accountId": ACCOUNT,
        "apiId": domain.partition(".")[0],
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.raw_path),
            "protocol": request.protocol,
            "sourceIp": request.client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _headers(request: Request, trace_id: str) -> dict[str, str]:
    headers = _joined(request.headers)
    # A client may claim to be anybody; who really connected stands last.
    forwarded = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
    return {
        **headers,
        "x-forwarded-for": ",".join([*forwarded, request.client]),
        "x-forwarded-proto": "http",
        "x-forwarded-port": headers.get("host", "").partition(":")[2] or "80",
        "x-amzn-trace-id": trace_id,
    }


def _joined(pairs: Any) -> dict[str, str]:
    """Return the pairs as a mapping, the values of a repeated name joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the body as text where its type says that it is text, else as base64."""
    if not body:
        return "", False
    if any(mark in content_type.lower() for mark in _TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
