"""A request before the first one, so that what an app makes when it is first asked is in the snapshot."""

from __future__ import annotations

import asyncio

from sluice.streaming.asgi import App, Message, Scope
from sluice.streaming.function_url import ASGI

NOWHERE = "/.rehearsal"
"""A path that no app has: its router looks through all that it knows, and no route of it runs."""


def rehearse(app: App) -> None:
    """Ask the app for a path that it does not have: `register_before_snapshot(rehearse, app)`.

    Its lifespan does not start, and what it answers goes nowhere.
    """
    asyncio.run(_ask(app))


async def _ask(app: App) -> None:
    await app(_scope(), _receive, _send)


def _scope() -> Scope:
    return {
        "type": "http",
        "asgi": ASGI,
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": NOWHERE,
        "raw_path": NOWHERE.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 443),
        "state": {},
        "extensions": {},
    }


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: Message) -> None:
    pass
