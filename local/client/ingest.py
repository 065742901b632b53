"""The ingest function's API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from local.client.errors import ClientError
from local.client.transport import Event, Transport

# A function URL takes 6 MB, of which base64 eats a quarter; larger files go straight to the bucket.
DIRECT_LIMIT = 4 * 1024 * 1024
POLL_SECONDS = 0.5
# The same bytes sent again change nothing that could be waited for.
UNCHANGED_SECONDS = 15.0


class IngestClient(Transport):
    """Puts documents in, lists and deletes them. Every call raises `ClientError`."""

    async def documents(self, *, collection: str | None = None, limit: int = 100) -> list[Event]:
        """Return the documents, newest first."""
        query = {"limit": str(limit), **({"collection": collection} if collection else {})}
        documents: list[Event] = (await self.json("GET", "/api/documents", query=query))["documents"]
        return documents

    async def retry(self, document_id: str) -> Event:
        """Have a document tried again that has failed, and return it."""
        document: Event = await self.json("POST", f"/api/documents/{document_id}/retry")
        return document

    async def redrive(self) -> int:
        """Send the dead letters back to the queue, and return how many there were."""
        return int((await self.json("POST", "/api/redrive"))["messages"])

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
        events = self.events("POST", "/api/documents", query=target, content=body, headers=headers)
        async for event in events:
            yield event

    async def _upload_to_bucket(self, body: bytes, target: dict[str, str]) -> AsyncGenerator[Event, None]:
        form = await self.json("POST", "/api/uploads", body=target)
        before = await self._by_key(form["fields"]["key"])
        async with self.post_form(form["url"], form["fields"], (target["name"], body)):
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
