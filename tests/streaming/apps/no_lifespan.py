"""An app that knows HTTP only, and says so by an exception."""

from __future__ import annotations

from typing import Any

from sluice.streaming import Streaming


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "http", "this app knows HTTP only"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"fine"})


handler = Streaming(app)
