"""Lets the web page, which comes from the chat function's address, use this function from a browser."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from sluice.problems import problem

_CHANGING = frozenset(["POST", "PUT", "PATCH", "DELETE"])
_METHODS = ("GET", "POST", "DELETE")
_HEADERS = ("authorization", "content-type", "x-api-key", "x-amz-content-sha256")
_TOLD = ("location", "retry-after")
_PREFLIGHT_SECONDS = 7_200


_refusal = problem(403, "origin_not_allowed", "Pages of this origin may not change documents; see SLUICE_PAGE_ORIGINS.")


class PageAccess:
    """CORS for the origins that the settings name, which are asked at the first request.

    No credentials are allowed for: a browser attaches none by itself, so that a page of another origin has nothing but
    what it was given. Streams pass through as they come.
    """

    def __init__(self, app: ASGIApp, origins: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._origins = origins
        self._guarded: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        self._guarded = self._guarded or self._guard()
        if self._changes_from_elsewhere(Headers(scope=scope), scope["method"]):
            return await _refusal(scope, receive, send)
        return await self._guarded(scope, receive, send)

    def _changes_from_elsewhere(self, headers: Headers, method: str) -> bool:
        """Whether a browser sends this for a page of an unnamed origin; CORS hides answers, but stops no deed."""
        origin = headers.get("origin")
        return origin is not None and method in _CHANGING and not {"*", origin} & set(self._origins())

    def _guard(self) -> ASGIApp:
        return CORSMiddleware(
            self._app,
            allow_origins=sorted(self._origins()),
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=_TOLD,
            max_age=_PREFLIGHT_SECONDS,
        )
