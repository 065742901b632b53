"""Signing in over HTTP, the same in both functions."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from sluice.authenticating import Authenticating, Credentials
from sluice.domain import Caller, Scope

if TYPE_CHECKING:
    from starlette.requests import Request


async def sign_in(request: Request, authenticating: Authenticating, scope: Scope) -> Caller:
    """Return who asks and note in `request.state.auth_ms` how long that took.

    Raises `NotAuthenticated` or `NotAllowed`.
    """
    began = perf_counter()
    caller = await authenticating.caller(credentials(request), scope)
    request.state.auth_ms = round(1000 * (perf_counter() - began), 1)
    return caller


def credentials(request: Request) -> Credentials:
    """Return what the request brings along.

    `scope["aws.event"]` is the event that the function was invoked with; no header can put anything into it. A function
    URL and an HTTP API fill in `authorizer.iam` only after they have checked the signature:
    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    context = request.scope.get("aws.event", {}).get("requestContext") or {}
    return Credentials(
        authorization=request.headers.get("authorization"),
        api_key=request.headers.get("x-api-key"),
        iam=(context.get("authorizer") or {}).get("iam"),
    )
