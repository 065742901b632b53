"""The routes of the plain app, and what they answer with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Route = Callable[[Scope, Receive, Send], Awaitable[None]]

CHUNK = bytes(range(256)) * 1024
EVENT = b'data: {"text": "half"}\n\n'
routes: dict[str, Route] = {}


def route(path: str) -> Callable[[Route], Route]:
    def add(function: Route) -> Route:
        routes[path] = function
        return function

    return add


async def begin(send: Send, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def body(send: Send, data: bytes | bytearray | memoryview = b"", *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def answer(send: Send, content: object) -> None:
    await begin(send, 200, (b"content-type", b"application/json"))
    await body(send, json.dumps(content).encode())
