"""Keeps pages of other sites from S3 and SQS on this machine, which check no signature and let any page read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from local.own_names import UNKNOWN_HOST, OwnNames, is_address, refusal

_OTHER_ORIGIN = refusal(
    403,
    "Forbidden",
    "origin_not_allowed",
    "Pages of other hosts may not use S3 and SQS on this machine; `sluice up --allow-host NAME` adds a host.",
)


class Guarded:
    """A WSGI application that a browser reaches by this machine's own names, and for this machine's own pages.

    Containers of `sam local` reach it by an address of their network.
    """

    def __init__(self, application: Any, names: OwnNames, refused: Callable[[str], None]) -> None:
        self._application = application
        self._names = names
        self._refused = refused

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if not self._names.include(host) and not is_address(host):
            return self._refuse("421 Misdirected Request", UNKNOWN_HOST, f"the unknown host {host}", start_response)
        if self._is_of_another_site(environ):
            origin = environ.get("HTTP_ORIGIN", "another site")
            return self._refuse("403 Forbidden", _OTHER_ORIGIN, f"a page of {origin}", start_response)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def _is_of_another_site(self, environ: dict[str, Any]) -> bool:
        """Whether a browser sends this for another site's page; following a link to a document is no such."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            return not self._names.include_origin(origin)
        is_foreign = environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"
        return is_foreign and (environ.get("HTTP_SEC_FETCH_DEST") != "document" or _acts(environ))

    def _refuse(self, status: str, body: bytes, what: str, start_response: Any) -> Iterable[bytes]:
        self._refused(what)
        headers = [("content-type", "application/problem+json"), ("content-length", str(len(body)))]
        start_response(status, headers)
        return [body]


def _acts(environ: dict[str, Any]) -> bool:
    """Whether a link does something: SQS takes orders from a query, and moto by paths of its own."""
    is_order = "Action" in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return is_order or str(environ.get("PATH_INFO", "")).startswith("/moto-api")
