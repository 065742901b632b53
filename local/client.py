"""A client of Sluice's HTTP API, as the commands use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

Event = Mapping[str, Any]

# A function URL takes 6 MB, of which base64 eats a quarter; larger files go straight to the bucket.
DIRECT_LIMIT = 4 * 1024 * 1024
POLL_SECONDS = 0.5
# The same bytes sent again change nothing that could be waited for.
UNCHANGED_SECONDS = 15.0
# An answer may think long, but a sign of life comes every 15 seconds.
_TIMEOUT = httpx.Timeout(10.0, read=60.0, write=60.0)


class ClientError(Exception):
    """The request was not served; the message says why, and what to do where that is known."""


class Client:
    """Talks to one function's URL."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._credentials = {"authorization": f"Bearer {key}"} if key else {}
        is_here = httpx.URL(self._url).host in ("127.0.0.1", "localhost")
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=True, trust_env=not is_here)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, question: str, *, collection: str | None) -> AsyncGenerator[Event, None]:
        """Yield the events of an answer; raise `ClientError` when it breaks off before its end."""
        body = {"message": question, **({"collection": collection} if collection else {})}
        async for event in self._events("POST", "/api/chat", json=body):
            yield event

    async def documents(self, *, collection: str | None = None, limit: int = 100) -> list[Event]:
        """Return the documents, newest first."""
        query = {"limit": str(limit), **({"collection": collection} if collection else {})}
        async with self._request("GET", "/api/documents", params=query) as answer:
            await answer.aread()
            documents: list[Event] = answer.json()["documents"]
            return documents

    async def redrive(self) -> int:
        """Send the dead letters back to the queue, and return how many there were."""
        async with self._request("POST", "/api/redrive") as answer:
            await answer.aread()
            return int(answer.json()["messages"])

    async def upload(self, path: Path, *, collection: str | None) -> AsyncGenerator[Event, None]:
        """Send a file and yield its progress; the last event has the type `ready` or `failed`, and the document."""
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise ClientError(f"{path} can't be read: {error.strerror}.") from error
        target = {"name": path.name, **({"collection": collection} if collection else {})}
        steps = self._upload_through_function if len(body) <= DIRECT_LIMIT else self._upload_to_bucket
        async for event in steps(body, target):
            yield event

    async def _upload_through_function(self, body: bytes, target: dict[str, str]) -> AsyncGenerator[Event, None]:
        headers = {"accept": "text/event-stream", "content-type": "application/octet-stream"}
        events = self._events("POST", "/api/documents", params=target, content=body, headers=headers)
        async for event in events:
            yield event

    async def _upload_to_bucket(self, body: bytes, target: dict[str, str]) -> AsyncGenerator[Event, None]:
        async with self._request("POST", "/api/uploads", json=target) as answer:
            form = json.loads(await answer.aread())
        before = await self._by_key(form["fields"]["key"])
        async with self._request("POST", form["url"], data=form["fields"], files={"file": (target["name"], body)}):
            yield {"type": "received"}
        yield await self._settled(form["fields"]["key"], before)

    async def _settled(self, key: str, before: Event | None) -> Event:
        """Wait until the bucket's event has made the object a document, or has found that nothing is new."""
        loop = asyncio.get_running_loop()
        unchanged_until = loop.time() + UNCHANGED_SECONDS
        while True:
            document = await self._by_key(key)
            is_new = document is not None and (before is None or document["updated_at"] != before["updated_at"])
            if document and document["status"] in ("ready", "failed") and (is_new or loop.time() > unchanged_until):
                return {"type": document["status"], "document": document}
            await asyncio.sleep(POLL_SECONDS)

    async def _by_key(self, key: str) -> Event | None:
        documents = await self.documents(limit=500)
        return next((it for it in documents if it["source"].split("/", 3)[-1] == key), None)

    async def _events(self, method: str, path: str, **arguments: Any) -> AsyncGenerator[Event, None]:
        """Yield the events of a stream up to its `[DONE]`."""
        async with self._request(method, path, **arguments) as answer:
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
    async def _request(self, method: str, path: str, **arguments: Any) -> AsyncIterator[httpx.Response]:
        is_ours = "://" not in path
        if is_ours:
            arguments["headers"] = {**self._credentials, **arguments.get("headers", {})}
        try:
            async with self._http.stream(method, self._url + path if is_ours else path, **arguments) as answer:
                if answer.is_error:
                    raise ClientError(_problem(answer.status_code, await answer.aread()))
                yield answer
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ClientError(f"{self._url} is not an address; it begins with http:// or https://.") from error
        except httpx.ConnectError as error:
            raise ClientError(
                f"Nothing answers at {self._url}. Is Sluice running (make run)? Else give --url."
            ) from error
        except httpx.HTTPError as error:
            raise ClientError(f"{self._url} did not answer: {error or type(error).__name__}.") from error


def _problem(status: int, body: bytes) -> str:
    """Return in words what an error answer says (RFC 9457), or its status and beginning when it is of another kind."""
    try:
        problem = json.loads(body)
        detail = str(problem.get("detail") or problem.get("message") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"The server answered {status}: {body[:200].decode(errors='replace').strip()}"
    return " ".join([detail, *(f"{it['field']}: {it['message']}." for it in problem.get("errors", []))])
