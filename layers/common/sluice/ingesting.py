"""The use case of ingestion: an object in the bucket becomes a document that questions can find."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from uuid import UUID

from sluice import labelling
from sluice.domain import Caller, Claim, Document, DocumentStatus, Filter, ObjectRef, Passage, Search, uuid7
from sluice.errors import (
    DocumentBusy,
    DocumentChanged,
    DocumentError,
    DocumentNotFindable,
    DocumentNotFound,
    DocumentUnfinished,
    EmbeddingModelSwitched,
    ObjectGone,
    SluiceError,
)
from sluice.events import IngestEnded, IngestEvent, IngestProgress
from sluice.measuring import Metrics, measure_document
from sluice.overlapping import meanwhile
from sluice.ports import ObjectStore, PassageStore, Progress
from sluice.staging import Sizes, Staging, Tools

__all__ = ["Ingesting", "Sizes", "Tools"]

# A question as long as a chunk takes ten times as long to answer as one of a sentence or two.
_PROBE_CHARACTERS = 160
# Signs of life in a lease: two may fail.
_BEATS = 3


class Ingesting:
    """Takes documents in and out. Doing any of it twice has the effect of doing it once."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        passages: PassageStore,
        tools: Tools,
        sizes: Sizes,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = tools.documents
        self._objects = objects
        self._passages = passages
        self._tools = tools
        self._sizes = sizes
        self._metrics = metrics
        self._clock = clock

    def ingest(
        self,
        caller: Caller,
        ref: ObjectRef,
        *,
        seconds: float | None = None,
        again: bool = False,
        last_try: bool = False,
    ) -> AsyncGenerator[IngestEvent, None]:
        """Yield each step, then one `IngestEnded` with the document `ready` or `failed`.

        What is ready already, has failed before or is out of date ends at once; `again` tries a failed version once
        more. A document whose object changed meanwhile ends as it is now: another event tells of the change.
        With `seconds` left for it, the work stops in time with `DocumentUnfinished`. Raises `DocumentBusy` while
        another environment works on the document, and whatever may pass (model, database, bucket); the document is
        then `pending` and says why, or `failed` on the `last_try`.
        """
        events = self._ingest(caller, ref, seconds=seconds, again=again, last_try=last_try)
        return measure_document(events, self._metrics, written_at=ref.written_at) if self._metrics else events

    async def _ingest(
        self, caller: Caller, ref: ObjectRef, *, seconds: float | None, again: bool, last_try: bool
    ) -> AsyncGenerator[IngestEvent, None]:
        until = None if seconds is None else self._clock() + seconds - self._sizes.handover_seconds
        if until is not None and self._clock() >= until:
            raise DocumentUnfinished
        claim = await self._documents.claim(caller, ref, lease_seconds=self._sizes.claim_seconds, again=again)
        if claim is None:
            yield IngestEnded(await self._labelled_as_it_is(caller, ref))
            return
        try:
            steps = contextlib.aclosing(self._process(claim, ref, until))
            async with meanwhile(self._keep(claim)), steps as events:
                async for event in events:
                    yield event
        except ObjectGone as error:
            yield IngestEnded(await (self._fail(claim, error) if ref.sequencer else self._bury(claim, ref)))
        except DocumentError as error:
            yield IngestEnded(await self._fail(claim, error))
        except DocumentChanged:
            yield IngestEnded(await self._as_it_is(caller, ref))
        except SluiceError as error:
            await self._give_back(claim, error, last_try=last_try)
            raise
        except BaseException:
            # Also when the reader of the progress goes away, or the environment ends.
            with contextlib.suppress(SluiceError):
                await self._documents.release(claim)
            raise

    async def current(self, ref: ObjectRef) -> ObjectRef | None:
        """Return what the bucket holds under this key now; None when there is nothing."""
        return await self._objects.current(ref)

    async def resolve(self, caller: Caller, ref: ObjectRef) -> ObjectRef | None:
        """Ask the bucket what an event without a sequencer is about; None when its object is gone, as is known already.

        An object that was deleted before anybody heard of it is told as it came: its document fails with the reason.
        """
        if now := await self._objects.current(ref):
            return replace(now, written_at=ref.written_at)
        document = await self._documents.find(caller, ref.source)
        return None if document and document.status is DocumentStatus.DELETED else ref

    async def forget(self, caller: Caller, ref: ObjectRef) -> Document | None:
        """Delete the document of an object that is gone; None when there was none, or when it was put again later.

        The sequencers say what came last; where one of them is missing, the bucket does.
        """
        document = await self._documents.find(caller, ref.source)
        known = document is None or document.status is DocumentStatus.DELETED or bool(document.sequencer)
        if not (known and ref.sequencer) and await self._objects.current(ref):
            return None
        return await self._documents.bury(caller, ref)

    async def remove(self, caller: Caller, document_id: UUID) -> Document:
        """Delete a document and its object, the object first: its event makes up for a deletion that breaks off.

        Raises `DocumentNotFound` and `StorageUnavailable`.
        """
        document = await self._documents.get(caller, document_id)
        await self._objects.delete(object_of(document))
        with contextlib.suppress(DocumentNotFound):
            await self._documents.delete(caller, document_id)
        return document

    async def _process(self, claim: Claim, ref: ObjectRef, until: float | None) -> AsyncGenerator[IngestEvent, None]:
        yield _event(claim, Progress("received"))
        stored = await self._objects.read(ref, max_bytes=self._sizes.document_bytes)
        if stored.ref.etag != claim.document.etag:
            await self._documents.confirm(claim, stored.ref)
        staging = Staging(self._tools, self._sizes, claim, until=until, clock=self._clock)
        async with contextlib.aclosing(staging.steps(stored)) as steps:
            async for step in steps:
                yield _event(claim, step)
        read = staging.summary
        assert read is not None  # noqa: S101 - the steps have come to their end
        await self._documents.publish(claim, read, metadata=labelling.from_object(stored.metadata))
        yield _event(claim, Progress("stored"))
        await self._probe(claim)
        yield IngestEnded(await self._documents.finish(claim))

    async def _keep(self, claim: Claim) -> None:
        """Renew the lease as long as this environment lives, so that it can be short for one that dies."""
        while True:
            await asyncio.sleep(claim.lease_seconds / _BEATS)
            with contextlib.suppress(SluiceError):  # what the work meets too
                await self._documents.renew(claim)

    async def _probe(self, claim: Claim) -> None:
        """Search for the document's own words, as a question would; raise `DocumentNotFindable`."""
        try:
            found = await self._find_sample(claim)
        except EmbeddingModelSwitched:
            found = await self._find_sample(claim)
        if not found:
            raise DocumentNotFindable

    async def _find_sample(self, claim: Claim) -> list[Passage]:
        sample = await self._documents.sample(claim)
        where = Filter(document_ids=(claim.document.id,))
        search = Search(claim.caller, sample.content[:_PROBE_CHARACTERS], 1, where)
        return await self._passages.search(search, sample.vector, model=sample.model)

    async def _fail(self, claim: Claim, error: SluiceError) -> Document:
        try:
            return await self._documents.fail(claim, code=error.code, reason=error.message)
        except DocumentChanged:
            return await self._as_it_is(claim.caller, object_of(claim.document))

    async def _bury(self, claim: Claim, ref: ObjectRef) -> Document:
        """End the document of an object that is gone: without sequencers, the event of that may have come already."""
        await self.forget(claim.caller, ref)
        await self._documents.release(claim)  # where the object has just been put again
        return await self._as_it_is(claim.caller, ref)

    async def _as_it_is(self, caller: Caller, ref: ObjectRef) -> Document:
        document = await self._documents.find(caller, ref.source)
        if document and document.status is not DocumentStatus.DELETED:
            return document
        gone = ObjectGone("The object was deleted from the bucket, and its document with it.")
        document = document or Document(uuid7(), ref.collection, ref.source, ref.name, DocumentStatus.DELETED)
        return replace(document, status=DocumentStatus.FAILED, code=gone.code, reason=gone.message)

    async def _labelled_as_it_is(self, caller: Caller, ref: ObjectRef) -> Document:
        """Give a document that is read already what its object carries by now: metadata does not change an etag."""
        document = await self._as_it_is(caller, ref)
        if document.status is not DocumentStatus.READY:
            return document
        was = object_of(document)
        with contextlib.suppress(ObjectGone, DocumentBusy, DocumentNotFound):
            carried = labelling.from_object(await self._objects.carried(was))
            if document.metadata != carried | {"kind": document.kind}:
                return await self._documents.label(caller, document.id, carried, was=was, now=was)
        return document

    async def _give_back(self, claim: Claim, error: SluiceError, *, last_try: bool) -> None:
        """Say why the document waits; if even that can't be written, its claim runs out."""
        with contextlib.suppress(SluiceError):
            if last_try:
                reason = f"{error.message} It was tried for the last time; `sluice redrive` tries again."
                await self._documents.fail(claim, code=error.code, reason=reason)
            else:
                await self._documents.release(claim, code=error.code, reason=error.message)


def object_of(document: Document) -> ObjectRef:
    """Return the object that a document was made of."""
    bucket, _, key = document.source.removeprefix("s3://").partition("/")
    return ObjectRef(bucket, key, document.etag, document.size)


def _event(claim: Claim, progress: Progress) -> IngestProgress:
    return IngestProgress(progress.step, claim.document.id, progress.done, progress.total)
