"""ASGI's types, and what every front door does to a request.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

_NOT_IN_A_NAME = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_BREAKS = bytes.maketrans(b"\r\n\0", b"   ")
# AWS's Web Adapter puts trusted content under these names; here they can only come from the client.
_SPOOFABLE = frozenset([b"x-amzn-request-context", b"x-amzn-lambda-context"])


def request_headers(headers: Iterable[Iterable[bytes]]) -> RawHeaders:
    """Return the headers that an app may see."""
    return [(name, value) for name, value in headers if name.lower() not in _SPOOFABLE]


def response_headers(headers: Iterable[Iterable[bytes]]) -> RawHeaders:
    """Return the headers that a client may see: line breaks in values become spaces, as RFC 9110, 5.5 has it.

    A name that HTTP does not know is left out: with it a front door could refuse the whole answer.
    """
    fit: RawHeaders = []
    for name, value in headers:
        if name and not _NOT_IN_A_NAME.search(name):
            fit.append((name, value.translate(_BREAKS)))
        else:
            logger.warning("The header %r has no valid name and is left out.", name)
    return fit
