"""The ingest function's API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from local.client.errors import ClientError
from local.client.transport import Event, Transport

# A function URL takes 6 MB, of which base64 eats a quarter; larger files go straight to the bucket.
DIRECT_LIMIT = 4 * 1024 * 1024
POLL_SECONDS = 0.5
SETTLED = ("ready", "failed")
# An upload's stream ends with this code where its invocation's time was up first.
UNFINISHED = "document_unfinished"
PAGE = 500
# As long as the function may take.
RECONCILE_SECONDS = 900.0
# The same bytes sent again change nothing that could be waited for.
UNCHANGED_SECONDS = 15.0


class IngestClient(Transport):
    """Puts documents in, lists and deletes them, and looks after them. Every call raises `ClientError`."""

    async def documents(self, **wanted: str | None) -> list[Event]:
        """Return all documents, newest first; those of a `collection`, a `status` or a `source`, where one is named."""
        documents: list[Event] = []
        following = None
        while True:
            page = await self.page({**wanted, "before": following})
            documents += page["documents"]
            if not (following := page.get("next")):
                return documents

    async def page(self, wanted: Mapping[str, str | None], *, limit: int = PAGE) -> Event:
        """Return a page of the list of documents."""
        query = {"limit": str(limit), **{name: value for name, value in wanted.items() if value}}
        page: Event = await self.json("GET", "/api/documents", query=query)
        return page

    async def delete(self, document_id: str) -> None:
        """Delete a document with its object."""
        await self.json("DELETE", f"/api/documents/{document_id}")

    async def retry(self, document_id: str) -> Event:
        """Have a document tried again that has failed, and return it."""
        document: Event = await self.json("POST", f"/api/documents/{document_id}/retry")
        return document

    async def redrive(self) -> int:
        """Send the dead letters back to the queue, and return how many there were."""
        return int((await self.json("POST", "/api/redrive"))["messages"])

    async def reconcile(self, *, repair: bool) -> Event:
        """Have bucket and documents compared, and mended if `repair`; return the report."""
        query = {"repair": str(repair).lower()}
        report: Event = await self.json("POST", "/api/reconcile", query=query, seconds=RECONCILE_SECONDS)
        return report

    async def upload(
        self, path: Path, *, name: str, folder: str, collection: str | None
    ) -> AsyncGenerator[Event, None]:
        """Send a file and yield its progress; the last event has the type `ready` or `failed`, and the document."""
        said = {"name": name, "folder": folder, "collection": collection}
        target = {name: value for name, value in said.items() if value}
        try:
            size = await _size(path)
            steps = self._upload_through_function if size <= DIRECT_LIMIT else self._upload_to_bucket
            async for event in steps(path, target):
                yield event
        except OSError as error:
            raise ClientError(f"{path} can't be read: {error.strerror}.") from error

    async def _upload_through_function(self, path: Path, target: dict[str, str]) -> AsyncGenerator[Event, None]:
        body = await asyncio.to_thread(path.read_bytes)
        headers = {"accept": "text/event-stream", "content-type": "application/octet-stream"}
        events = self.events("POST", "/api/documents", query=target, content=body, headers=headers)
        document_id = None
        async for event in events:
            if document_id and event.get("code") == UNFINISHED:
                yield await self._ended(document_id)
                return
            document_id = event.get("document_id", document_id)
            yield event

    async def _ended(self, document_id: str) -> Event:
        """Wait until later invocations, which the queue begins, have done the rest of a document."""
        while True:
            document = await self.json("GET", f"/api/documents/{document_id}")
            if document["status"] in SETTLED:
                return {"type": document["status"], "document": document}
            await asyncio.sleep(POLL_SECONDS)

    async def _upload_to_bucket(self, path: Path, target: dict[str, str]) -> AsyncGenerator[Event, None]:
        form = await self.json("POST", "/api/uploads", body=target)
        size = await _size(path)
        if size > form["max_bytes"]:
            raise ClientError(f"The file has {size:,} bytes; at most {form['max_bytes']:,} are allowed.")
        before = await self._by_source(form["source"])
        body = await asyncio.to_thread(path.read_bytes)
        async with self.post_form(form["url"], form["fields"], (target["name"], body)):
            yield {"type": "received"}
        yield await self._settled(form["source"], before, size)

    async def _settled(self, source: str, before: Event | None, size: int) -> Event:
        """Wait until the bucket's event has made the object a document, or has found that nothing is new."""
        loop = asyncio.get_running_loop()
        unchanged_until = loop.time() + UNCHANGED_SECONDS
        while True:
            document = await self._by_source(source)
            if document and tells_of(document, before, size=size, overdue=loop.time() > unchanged_until):
                return {"type": document["status"], "document": document}
            await asyncio.sleep(POLL_SECONDS)

    async def _by_source(self, source: str) -> Event | None:
        documents = (await self.page({"source": source}, limit=1))["documents"]
        return documents[0] if documents else None


def tells_of(document: Event, before: Event | None, *, size: int, overdue: bool) -> bool:
    """Whether the document's status is that of the file of `size` bytes which was put into the bucket just now.

    It was as `before` then. Where nothing has changed for long and the size is the same, the bytes were too; of another
    size, they wait in a long queue.
    """
    if document["status"] not in SETTLED:
        return False
    is_new = before is None or document["updated_at"] != before["updated_at"]
    return is_new or (overdue and document["size"] == size)


async def _size(path: Path) -> int:
    return (await asyncio.to_thread(path.stat)).st_size
