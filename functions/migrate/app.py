"""The migrate function: brings the database to the schema of this code on every deploy, and does an operator's errands.

CloudFormation asks as for a custom resource. An operator invokes it with `{"sluice": "migrate"}`, for an API key with
`{"sluice": "create_key", "name": "...", "scopes": ["ask", "ingest"]}`, or for another embedding model with
`{"sluice": "embeddings", "step": "migrate", "to": "..."}`; it has no URL, and nobody else may.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from functions.migrate import custom_resource, embeddings
from functions.migrate.requests import CreateKey, Embeddings, Request, read
from sluice import bootstrap

_logger = logging.getLogger(__name__)

PHYSICAL_ID = "sluice-schema"
# CloudFormation's own, which say nothing of what is deployed.
_OF_THE_PROTOCOL = ("ServiceToken", "ServiceTimeout")


class Context(Protocol):
    """What Lambda tells of an invocation, as far as it is used here."""

    log_group_name: str
    log_stream_name: str

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: Mapping[str, Any], context: Context) -> Mapping[str, Any] | None:
    """Serve CloudFormation or an operator; to the latter return what was done, or raise."""
    if not custom_resource.is_request(event):
        return asyncio.run(_answer(read(event), context.get_remaining_time_in_millis() / 1000))
    custom_resource.serve(
        event,
        _deploy,
        physical_id=PHYSICAL_ID,
        seconds_left=context.get_remaining_time_in_millis() / 1000,
        log=f"{context.log_group_name} {context.log_stream_name}",
    )
    return None


def release(properties: Mapping[str, Any]) -> str:
    """Return a digest of all that the template says is deployed; what it is part of changes with every deploy."""
    told = {name: value for name, value in properties.items() if name not in _OF_THE_PROTOCOL}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _deploy(properties: Mapping[str, Any]) -> Mapping[str, str]:
    done = _told(asyncio.run(bootstrap.migrate_as_owner()))
    left = {"Left": "; ".join(done.left)} if done.left else {}
    return {"Release": release(properties), "Applied": ", ".join(done.applied), **left}


def _told(done: bootstrap.Migrated) -> bootstrap.Migrated:
    """Log what is left to do; it slows searches down, and fails no deploy."""
    for statement in done.left:
        _logger.warning("An administrator of the database has to run: %s", statement)
    return done


async def _answer(request: Request, seconds_left: float) -> Mapping[str, Any]:
    if isinstance(request, CreateKey):
        return {"key": await bootstrap.create_key(request.wanted())}
    if isinstance(request, Embeddings):
        return await embeddings.answer(request, seconds_left)
    done = _told(await bootstrap.migrate_as_owner())
    return {"applied": done.applied, **({"left": done.left} if done.left else {})}
