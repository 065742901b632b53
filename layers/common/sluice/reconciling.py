"""Compares the bucket with the documents, both ways, and mends what differs."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from sluice.domain import Caller, Document, DocumentStatus, ObjectRef
from sluice.ingesting import Ingesting, object_of
from sluice.ports import DocumentStore, IngestQueue, ObjectStore

_PAGE = 500
# A document that waits or is worked on for longer has lost its message.
_STUCK_AFTER = timedelta(hours=1)
# Queues keep a message for at most 14 days, dead letters included.
_TOMBSTONE_SECONDS = 30 * 24 * 3600.0
_NAMED = 100


@dataclass
class Report:
    """What differed: how many, and the sources of the first ones."""

    objects: int = 0
    documents: int = 0
    missing: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    repaired: int = 0

    def as_dict(self) -> dict[str, object]:
        """Return the counts, with at most a hundred names of each sort."""
        lists = {name: value for name, value in asdict(self).items() if isinstance(value, list)}
        counts = {name: value for name, value in asdict(self).items() if name not in lists}
        return counts | {name: {"count": len(value), "sources": value[:_NAMED]} for name, value in lists.items()}


class Reconciling:
    """Finds objects without a document, documents without an object, and documents of bytes that were replaced.

    Objects are announced to the queue, whose workers do the rest; without a queue they are ingested here.
    """

    def __init__(
        self, *, ingesting: Ingesting, documents: DocumentStore, objects: ObjectStore, queue: IngestQueue | None
    ) -> None:
        self._ingesting = ingesting
        self._documents = documents
        self._objects = objects
        self._queue = queue

    async def run(self, *, repair: bool) -> Report:
        """Compare everything, mend it where `repair` says so, and report what was found."""
        report = Report()
        pairs = _merge(self._objects.list(), self._all())
        async with aclosing(pairs):
            async for ref, document in pairs:
                report.objects += ref is not None
                report.documents += document is not None
                if (difference := _difference(ref, document)) is None:
                    continue
                getattr(report, difference).append(_source(ref, document))
                if repair:
                    await self._repair(ref, document)
                    report.repaired += 1
        if repair:
            await self._documents.forget_tombstones(older_than_seconds=_TOMBSTONE_SECONDS)
        return report

    async def _all(self) -> AsyncGenerator[Document, None]:
        after = ""
        while page := await self._documents.page(after=after, limit=_PAGE):
            for document in page:
                yield document
            after = page[-1].source

    async def _repair(self, ref: ObjectRef | None, document: Document | None) -> None:
        if ref is None:
            if document is not None:
                gone = object_of(document)
                await self._ingesting.forget(Caller(gone.tenant), gone)
        elif self._queue is not None:
            await self._queue.send(announcement(ref))
        else:
            async with aclosing(self._ingesting.ingest(Caller(ref.tenant), ref)) as steps:
                async for _ in steps:
                    pass


def announcement(ref: ObjectRef) -> str:
    """Return a message in the form of S3's own that makes a worker look at the object as it is."""
    item = {"key": quote_plus(ref.key), "size": ref.size, "eTag": ref.etag}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Reconciled",
        "s3": {"bucket": {"name": ref.bucket}, "object": item},
    }
    return json.dumps({"Records": [record]})


def _difference(ref: ObjectRef | None, document: Document | None) -> str | None:
    if document is None:
        return "missing"
    if ref is None:
        return "orphaned"
    if ref.etag != document.etag:
        return "outdated"
    waits = document.status in (DocumentStatus.PENDING, DocumentStatus.PROCESSING)
    changed = document.updated_at or datetime.now(UTC)
    return "stuck" if waits and datetime.now(UTC) - changed > _STUCK_AFTER else None


def _source(ref: ObjectRef | None, document: Document | None) -> str:
    return ref.source if ref else document.source if document else ""


async def _merge(
    refs: AsyncIterator[ObjectRef], documents: AsyncIterator[Document]
) -> AsyncGenerator[tuple[ObjectRef | None, Document | None], None]:
    """Pair two streams that are both in the order of their sources' UTF-8."""
    ref, document = await anext(refs, None), await anext(documents, None)
    while ref or document:
        order = _order(ref.source if ref else None, document.source if document else None)
        yield ref if order <= 0 else None, document if order >= 0 else None
        if order <= 0:
            ref = await anext(refs, None)
        if order >= 0:
            document = await anext(documents, None)


def _order(left: str | None, right: str | None) -> int:
    if left is None or right is None:
        return 1 if left is None else -1
    a, b = left.encode(), right.encode()
    return (a > b) - (a < b)
