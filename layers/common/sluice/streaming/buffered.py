"""The front doors that Mangum knows: API Gateway, load balancers, and function URLs without the streaming runtime.

Mangum knows their events and the form of their answers; it is imported only when such an event comes.
"""

from __future__ import annotations

from typing import Any, Protocol

from sluice.streaming import function_url
from sluice.streaming.answers import CollectedAnswer
from sluice.streaming.asgi import Scope, request_headers
from sluice.streaming.function_url import Event


class Door(Protocol):
    """One of Mangum's handlers, bound to an event."""

    @property
    def scope(self) -> Any: ...

    @property
    def body(self) -> bytes: ...

    def __call__(self, response: Any) -> dict[str, Any]: ...


def door(event: Event, context: Any) -> Door | None:
    """Return the door that an HTTP event came through; None for any other event."""
    from mangum.adapter import DEFAULT_TEXT_MIME_TYPES, HANDLERS
    from mangum.types import LambdaConfig

    config = LambdaConfig(
        api_gateway_base_path="/", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "+json"], exclude_headers=[]
    )
    for handler in HANDLERS:
        if handler.infer(event, context, config):
            return handler(event, context, config)
    return None


def is_rest_api(event: Event) -> bool:
    """Tell whether a REST API of API Gateway sent this event: one of its own format, which has no version."""
    return "resource" in event and "version" not in event


def scope(door: Door, event: Event) -> Scope:
    """Return the ASGI scope; Mangum would decode a function URL's path twice."""
    if function_url.sent(event):
        return function_url.scope(event)
    found, root = door.scope, _stage(event)
    headers = request_headers(found["headers"])
    return {**found, "asgi": function_url.ASGI, "headers": headers, "root_path": root, "path": root + found["path"]}


def _stage(event: Event) -> str:
    """Return what a client has before an app's own paths: a REST API's stage, where no domain of one's own hides it."""
    if not is_rest_api(event):
        return ""
    context = event["requestContext"]
    whole, stage = context.get("path", ""), f"/{context.get('stage')}"
    return stage if whole != event["path"] and f"{whole}/".startswith(f"{stage}/") else ""


def envelope(door: Door, answer: CollectedAnswer) -> dict[str, Any]:
    """Return the answer in the form that the door expects."""
    return door({"status": answer.status, "headers": answer.headers, "body": bytes(answer.body)})
