"""ASGI's types, and what every front door does to a request.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

# AWS's Web Adapter puts trusted content under these names; here they can only come from the client.
_SPOOFABLE = frozenset([b"x-amzn-request-context", b"x-amzn-lambda-context"])


def request_headers(headers: Iterable[Iterable[bytes]]) -> RawHeaders:
    """Return the headers that an app may see."""
    return [(name, value) for name, value in headers if name.lower() not in _SPOOFABLE]
