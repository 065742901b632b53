"""Requests to one function: credentials, streams of events, and errors in words."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from local.client.errors import ClientError, Unreachable, refusal
from local.client.signing import BodyHash

Event = Mapping[str, Any]

# An answer may think long, but a sign of life comes every 15 seconds.
_TIMEOUT = httpx.Timeout(10.0, read=60.0, write=60.0)


def is_here(url: str) -> bool:
    """Whether an address is this machine's."""
    try:
        return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
    except httpx.InvalidURL:
        return False


class Transport:
    """Talks to one function's URL. `key` is an API key or a token; `auth` adds what AWS wants to see."""

    def __init__(self, url: str, *, key: str | None = None, auth: httpx.Auth | None = None) -> None:
        self.url = url.rstrip("/")
        # `authorization` is where a signature stands, which CloudFront's origin access control puts there too.
        self._credentials = {"x-api-key": key} if key else {}
        self._auth = auth or BodyHash()
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=not is_here(self.url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        seconds: float | None = None,
    ) -> Any:
        """Return what a request answers, as JSON; None when it answers nothing. Raises `ClientError`.

        With `seconds` the answer may take that long to begin.
        """
        timeout = {"timeout": httpx.Timeout(10.0, read=seconds)} if seconds else {}
        async with self.open(method, path, query=query, json=body, **timeout) as answer:
            content = await answer.aread()
        try:
            return json.loads(content) if content else None
        except ValueError as error:
            raise ClientError(f"What answers at {self.url} is not Sluice.") from error

    async def look(self, path: str) -> httpx.Response:
        """Return what a GET answers, be it an error; raise `Unreachable`."""
        async with self._sent(
            "GET", self.url + path, refusing=False, headers=self._credentials, auth=self._auth
        ) as answer:
            await answer.aread()
            return answer

    async def events(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, **arguments: Any
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of a stream up to its `[DONE]`; raise `ClientError` when it breaks off before."""
        async with self.open(method, path, query=query, **arguments) as answer:
            try:
                async for line in answer.aiter_lines():
                    if line == "data: [DONE]":
                        return
                    if line.startswith("data:"):
                        yield json.loads(line.removeprefix("data:"))
            except httpx.HTTPError as error:
                raise ClientError("The answer was cut off.") from error
        raise ClientError("The answer ended before it was complete.")

    @asynccontextmanager
    async def open(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, **arguments: Any
    ) -> AsyncIterator[httpx.Response]:
        """Send a request and give its answer while it arrives; raise `ClientError`."""
        # A signature wants a space as %20, and httpx would write +.
        target = self.url + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        headers = {**self._credentials, **arguments.pop("headers", {})}
        async with self._sent(method, target, headers=headers, auth=self._auth, **arguments) as answer:
            yield answer

    @asynccontextmanager
    async def post_form(self, url: str, fields: Mapping[str, str], file: tuple[str, bytes]) -> AsyncIterator[None]:
        """Post a file by a presigned form to where that says; it carries its own signature."""
        async with self._sent("POST", url, data=fields, files={"file": file}):
            yield

    @asynccontextmanager
    async def _sent(
        self, method: str, url: str, *, refusing: bool = True, **arguments: Any
    ) -> AsyncIterator[httpx.Response]:
        try:
            async with self._http.stream(method, url, **arguments) as answer:
                if answer.is_redirect:  # not followed: the next address may not be meant to see the key
                    raise ClientError(f"{self.url} sends us on to {answer.headers['location']}. Give that as --url.")
                if answer.is_error and refusing:
                    raise refusal(answer.status_code, await answer.aread())
                yield answer
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ClientError(f"{self.url} is not an address; it begins with http:// or https://.") from error
        except httpx.ConnectError as error:
            raise Unreachable(
                f"Nothing answers at {self.url}. Is Sluice running (make run)? Else give --url."
            ) from error
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.url} did not answer: {error or type(error).__name__}.") from error
