"""Turns what a function answered into an HTTP response, by the rules of a function URL.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, configuration-response-streaming.html, and
what real URLs were observed to do with headers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
PRELUDE_END = b"\0" * 8
PRELUDE_LIMIT = 1024 * 1024
REMAPPED_PREFIX = "x-amzn-remapped-"
# Names that belong to the URL itself; a function's own value reaches the client under another name.
_REMAPPED = {"www-authenticate", "date", "connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; of a streamed one this is what comes before the body."""

    status: int
    headers: Headers = ()
    body: bytes = b""


FAILED = Answer(502, (("content-type", "application/json"),), b"Internal Server Error")
TOO_LARGE = Answer(413, (("content-type", "application/json"),), b'{"message":"Request Entity Too Large"}')
BAD_PATH = Answer(400, (("content-type", "application/json"),), b'{"message":"Bad Request"}')
THROTTLED = Answer(
    429,
    (("content-type", "application/json"), ("x-amzn-errortype", "TooManyRequestsException")),
    b'{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
)


async def begin(chunks: AsyncIterator[bytes], content_type: str) -> tuple[Answer | None, bytes]:
    """Read the beginning of a streamed answer; return what comes before the body, and the body's first bytes.

    The answer is None when the stream ended before it had said what it is.
    """
    if content_type != PRELUDE_TYPE:
        return Answer(200, (("content-type", content_type or "application/octet-stream"),)), b""
    received = b""
    while PRELUDE_END not in received:
        chunk = await anext(chunks, None)
        if chunk is None:
            return None, received
        received += chunk
        if len(received) > PRELUDE_LIMIT:
            return Answer(502), received
    prelude, _, first = received.partition(PRELUDE_END)
    return from_prelude(prelude), first


def from_prelude(prelude: bytes) -> Answer:
    """Read the JSON before a streamed body. One that the URL does not accept costs the status and every header."""
    try:
        content = json.loads(prelude)
        headers = {str(name).lower(): str(value) for name, value in (content.get("headers") or {}).items()}
        status = int(content.get("statusCode", 200))
        cookies = [str(cookie) for cookie in content.get("cookies") or []]
    except (ValueError, TypeError, AttributeError):
        return Answer(502)
    if any(name.startswith("x-amzn-") for name in headers):
        return Answer(502)
    return Answer(status, _sent({"content-type": "application/octet-stream", **headers}, cookies))


def collected(payload: bytes, content_type: str) -> Answer:
    """What a buffering URL makes of a streamed answer: the same response, whole."""
    if content_type != PRELUDE_TYPE:
        return Answer(200, (("content-type", content_type or "application/octet-stream"),), payload)
    prelude, end, body = payload.partition(PRELUDE_END)
    return replace(from_prelude(prelude), body=body) if end else FAILED


def from_payload(payload: bytes) -> Answer:
    """Read a whole answer: an object with `statusCode` is a response, any other JSON is the body of one."""
    try:
        content = json.loads(payload)
    except ValueError:
        return FAILED
    if not isinstance(content, dict) or "statusCode" not in content:
        return Answer(200, (("content-type", "application/json"),), payload)
    try:
        return _from_proxy_response(content)
    except (ValueError, TypeError, AttributeError):
        return FAILED


def verbatim(payload: bytes) -> Answer:
    """What a streaming URL makes of a buffered answer: it is not looked into."""
    return Answer(200, (("content-type", "application/json"),), payload)


def _from_proxy_response(content: Mapping[str, Any]) -> Answer:
    headers = {str(name).lower(): str(value) for name, value in (content.get("headers") or {}).items()}
    headers.pop("content-length", None)
    body = content.get("body") or ""
    body = body if isinstance(body, str) else json.dumps(body)
    decoded = base64.b64decode(body) if content.get("isBase64Encoded") else body.encode()
    cookies = [str(cookie) for cookie in content.get("cookies") or []]
    return Answer(int(content["statusCode"]), _sent({"content-type": "application/json", **headers}, cookies), decoded)


def _sent(headers: Mapping[str, str], cookies: list[str]) -> Headers:
    renamed = {REMAPPED_PREFIX + name if name in _REMAPPED else name: value for name, value in headers.items()}
    return (*renamed.items(), *(("set-cookie", cookie) for cookie in cookies))
