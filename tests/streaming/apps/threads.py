"""An app that says which threads the process has besides the one that serves."""

from __future__ import annotations

import json
import threading
from typing import Any

from sluice.streaming import Streaming


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "http", "this app knows HTTP only"
    others = [thread.ident for thread in threading.enumerate() if thread is not threading.main_thread()]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(others).encode()})


handler = Streaming(app)
