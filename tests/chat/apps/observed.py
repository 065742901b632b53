"""The chat function with a route that shows what its process has loaded, now and when a snapshot was taken."""

from __future__ import annotations

import sys

import psutil
from snapshot_restore_py import register_before_snapshot

from sluice import bootstrap

MODULES = ("litellm", "boto3", "psycopg", "openai", "fastapi")
before: dict[str, object] = {}
modules: set[str] = set()


@register_before_snapshot  # type: ignore[untyped-decorator] # published without type information
def look_at_the_snapshot() -> None:
    """Registered before the function's own hook, and so run after it."""
    modules.update(sys.modules)
    before.update(
        loaded=loaded(),
        settings=bootstrap.settings.cache_info().currsize,
        connections=[connection.raddr for connection in psutil.Process().net_connections() if connection.raddr],
    )


def loaded() -> list[str]:
    return [name for name in MODULES if name in sys.modules]


from functions.chat.app import app, handler  # noqa: E402 - after the hook

__all__ = ["handler"]


@app.get("/observed")
async def observed() -> dict[str, object]:
    since = sorted(sys.modules.keys() - modules) if modules else None
    return {"loaded": loaded(), "before the snapshot": before, "imported since": since}
