"""The names under which this machine's HTTP servers answer, because nobody signs in to them.

Any page may let its own name point to 127.0.0.1 (DNS rebinding); a browser then takes what answers here for a part of
that page, and lets it read everything. The name that it asked for, in `Host`, tells such a request from an honest one.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

ANY = "*"
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(?::\d*)?", re.ASCII | re.IGNORECASE)
_SHOWN = 80
_PROBLEM = [(b"content-type", b"application/problem+json")]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class OwnNames:
    """`localhost`, the names below `.localhost`, the loopback addresses, and the names that the user adds."""

    def __init__(self, added: Iterable[str] = ()) -> None:
        self._added = frozenset(name.lower() for name in added)

    def include(self, host: str) -> bool:
        """Whether a `Host` header, with a port or without, names this machine."""
        name = named(host)
        return name is not None and (ANY in self._added or self._is_own(name))

    def include_origin(self, origin: str) -> bool:
        """Whether a page of this origin comes from this machine; `null` may be anybody's, and no star stands for it."""
        try:
            name = named(urlsplit(origin).netloc)
        except ValueError:
            return False
        return name is not None and self._is_own(name)

    def _is_own(self, name: str) -> bool:
        return name in self._added or _is_loopback(name)


def named(host: str) -> str | None:
    """Return the name or address in a `Host` header, in lower case and without the port; None where there is none."""
    found = _HOST.fullmatch(host)
    return (found["v6"] or found["name"]).lower().removesuffix(".") if found else None


def is_address(host: str) -> bool:
    """Whether a `Host` header has an address for a name. No other site's page has one of ours."""
    try:
        return bool(ip_address(named(host) or ""))
    except ValueError:
        return False


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def shown(value: str) -> str:
    """Return what a stranger sent as one short piece of a log's line, without what could drive a terminal."""
    return ascii(value[:_SHOWN])


def refusal(status: int, title: str, code: str, detail: str) -> bytes:
    """Return an answer's body: problem details, as the functions have them."""
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return json.dumps({**problem, "retryable": False}, separators=(",", ":")).encode()


UNKNOWN_HOST = refusal(
    421,
    "Misdirected Request",
    "unknown_host",
    "Here only requests for localhost or a loopback address are answered; `sluice up --allow-host NAME` adds a name.",
)


class ByOwnName:
    """Serves an ASGI application under this machine's own names; answers 421 under any other, or under none."""

    def __init__(self, application: Application, names: OwnNames, log: logging.Logger) -> None:
        self._application = application
        self._names = names
        self._log = log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if hosts and all(map(self._names.include, hosts)):
            return await self._application(scope, receive, send)
        self._log.warning("421: a request for the unknown host %s", shown(", ".join(hosts)))
        length = (b"content-length", str(len(UNKNOWN_HOST)).encode())
        await send({"type": "http.response.start", "status": 421, "headers": [*_PROBLEM, length]})
        return await send({"type": "http.response.body", "body": UNKNOWN_HOST})
