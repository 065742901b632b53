"""A function URL's event (payload format 2.0) as an ASGI scope and body.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

from sluice.streaming.asgi import Scope, request_headers

Event = dict[str, Any]
# From 2.4 on an app may expect `send` to raise when the client is gone, and need not watch `receive` for it.
ASGI = {"version": "3.0", "spec_version": "2.4"}


def sent(event: Event) -> bool:
    """Tell whether a function URL sent this event: only its domain sets it apart from an HTTP API's."""
    context = event.get("requestContext") or {}
    return ".lambda-url." in context.get("domainName", "") and "http" in context


def scope(event: Event) -> Scope:
    """Return the ASGI scope. `rawPath` is as the client sent it: decoded once here, and kept in `raw_path`."""
    context = event["requestContext"]
    headers = {name.lower(): value for name, value in event["headers"].items()}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])  # may stand in `headers` too: set, not added
    scheme = headers.get("x-forwarded-proto", "https")
    return {
        "type": "http",
        "asgi": ASGI,
        "http_version": "1.1",
        "method": context["http"]["method"],
        "scheme": scheme,
        "path": unquote(event["rawPath"]),
        "raw_path": event["rawPath"].encode(),
        "query_string": event["rawQueryString"].encode(),
        "root_path": "",
        "headers": request_headers((name.encode(), value.encode()) for name, value in headers.items()),
        "client": (context["http"]["sourceIp"], 0),
        "server": (context["domainName"], 443 if scheme == "https" else 80),
    }


def body(event: Event) -> bytes:
    """Return the request's body."""
    content = event.get("body") or ""
    return base64.b64decode(content) if event.get("isBase64Encoded") else content.encode()
