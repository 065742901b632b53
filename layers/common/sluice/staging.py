"""From an object's bytes to staged chunks: the document is read ahead while earlier chunks are embedded and written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sluice.chunking import Splitter
from sluice.domain import Chunk, Claim, ParsedDocument
from sluice.embedding import EmbeddedChunks, embed
from sluice.errors import DocumentUnfinished, EmbeddingModelSwitched, EmptyDocument, ModelError
from sluice.overlapping import Overlap
from sluice.ports import (
    DocumentEmbedder,
    DocumentStore,
    Parser,
    Progress,
    StoredObject,
    Summary,
)
from sluice.scans import Scans

_WRITERS = 2
# One is embedded while others are written.
_BATCHES_AT_ONCE = 1 + _WRITERS


@dataclass(frozen=True, slots=True)
class Sizes:
    """What bounds a document and its pieces.

    Bytes of the object, characters of a chunk, chunks of one transaction, seconds of a lease, and seconds before an
    invocation's end at which it hands the rest on.
    """

    document_bytes: int
    chunk_characters: int
    chunk_overlap: int
    embedding_batch: int
    claim_seconds: float
    handover_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts that reading and staging need."""

    documents: DocumentStore
    parser: Parser
    embedder: DocumentEmbedder
    scans: Scans | None = None


class Staging:
    """Stages one document; `summary` says what was read once `steps` has ended.

    Each batch of chunks is committed by itself, so that the next try goes on where this one stopped. `until` is the
    time, by `clock`, after which no further batch is begun.
    """

    def __init__(
        self, tools: Tools, sizes: Sizes, claim: Claim, *, until: float | None, clock: Callable[[], float]
    ) -> None:
        self._tools = tools
        self._sizes = sizes
        self._claim = claim
        self._until = until
        self._clock = clock
        self._batches: asyncio.Queue[list[Chunk] | None] = asyncio.Queue()
        self._staged = 0
        self._pages_with_text: set[int] = set()
        self._embedding = asyncio.Lock()
        self._writing = asyncio.Semaphore(_WRITERS)  # who waits here does not wait for a connection, which has an end
        self._unwritten: dict[UUID, asyncio.Event] = {}  # digests, and the writing of what has them
        self.summary: Summary | None = None

    async def steps(self, stored: StoredObject) -> AsyncGenerator[Progress, None]:
        """Yield the progress; raise `DocumentError`, `DocumentUnfinished`, `DocumentChanged` and what may pass."""
        reading = asyncio.create_task(self._read(stored))
        try:
            async with contextlib.aclosing(self._stage_all(reading)) as steps:
                async for step in steps:
                    yield step
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def _read(self, stored: StoredObject) -> Summary:
        """Put the document's chunks into the queue, and None at the end of them, however it comes."""
        splitter = Splitter(size=self._sizes.chunk_characters, overlap=self._sizes.chunk_overlap)
        batch: list[Chunk] = []
        count, part = 0, ParsedDocument("", ())
        try:
            async with contextlib.aclosing(self._parts(stored)) as parts:
                async for part in parts:
                    batch += splitter.add(part.blocks)
                    while len(batch) >= self._sizes.embedding_batch:
                        count += self._put(batch[: self._sizes.embedding_batch])
                        batch = batch[self._sizes.embedding_batch :]
            count += self._put([*batch, *splitter.end()])
            if not count:
                raise EmptyDocument
            without_text = None if part.pages is None else part.pages - len(self._pages_with_text)
            return Summary(part.kind, count, part.title, part.pages, without_text)
        finally:
            self._batches.put_nowait(None)

    def _put(self, chunks: list[Chunk]) -> int:
        self._pages_with_text |= {chunk.page for chunk in chunks if chunk.page}
        for start in range(0, len(chunks), self._sizes.embedding_batch):
            self._batches.put_nowait(chunks[start : start + self._sizes.embedding_batch])
        return len(chunks)

    async def _parts(self, stored: StoredObject) -> AsyncGenerator[ParsedDocument, None]:
        """Read the document; where pages are images and somebody can read those, their text comes from there."""
        tenant, scans = self._claim.caller.tenant, self._tools.scans
        async with contextlib.aclosing(self._tools.parser.parse(stored.ref.name, stored.body, tenant=tenant)) as read:
            parts = scans.read(stored, read, tenant=tenant) if scans else read
            async with contextlib.aclosing(parts):
                async for part in parts:
                    yield part

    async def _stage_all(self, reading: asyncio.Task[Summary]) -> AsyncGenerator[Progress, None]:
        told = 0
        async with Overlap[int](_BATCHES_AT_ONCE) as batches:
            while (batch := await self._next()) is not None:
                for step in await self._news(reading):
                    yield step
                if batches.is_full:
                    told += await batches.oldest()
                    if self.summary:
                        yield Progress("embedded", told, self.summary.chunks)
                batches.begin(self._stage(batch))
            await reading  # raises what ended it early
            for step in await self._news(reading):
                yield step
            while batches.is_busy:
                told += await batches.oldest()
                yield Progress("embedded", told, reading.result().chunks)

    async def _next(self) -> list[Chunk] | None:
        """Return the next batch; raise `DocumentUnfinished` when none can be begun in time."""
        try:
            async with asyncio.timeout(None if self._until is None else max(0.0, self._until - self._clock())):
                batch = await self._batches.get()
        except TimeoutError as error:
            raise DocumentUnfinished from error
        if batch:
            self._check_time()
        return batch

    def _check_time(self) -> None:
        if self._until is not None and self._clock() >= self._until:
            raise DocumentUnfinished

    async def _news(self, reading: asyncio.Task[Summary]) -> list[Progress]:
        """Once the document is read to its end, note and return how much it is; before and afterwards nothing."""
        if self.summary or not reading.done() or reading.exception():
            return []
        self.summary = summary = reading.result()
        progress = Progress("chunked", self._staged, summary.chunks)
        await self._tools.documents.report(self._claim, progress, pages=summary.pages)
        return [
            Progress("parsed", summary.pages, summary.pages),
            Progress("chunked", summary.chunks, summary.chunks),
        ]

    async def _stage(self, batch: Sequence[Chunk]) -> int:
        """Embed what is new in the batch while earlier ones are written, then write it; return its number of chunks."""
        async with self._embedding:
            self._check_time()
            await self._repeats_written(batch)
            there = await self._tools.documents.reuse(self._claim, batch)
            missing = [chunk for chunk in batch if chunk.ordinal not in there]
            embedded = await self._embed(missing)
            self._staged += len(batch) - len(missing) + len(embedded.chunks)
            written = asyncio.Event()
            self._unwritten |= {chunk.digest: written for chunk in embedded.chunks}
        try:
            failure = await self._write_all(embedded)
        finally:
            written.set()
        if failure:
            raise failure
        return len(batch)

    async def _repeats_written(self, batch: Sequence[Chunk]) -> None:
        """Wait until what earlier batches have of this one is there to be reused."""
        for chunk in batch:
            if written := self._unwritten.get(chunk.digest):
                await written.wait()
        self._unwritten = {digest: written for digest, written in self._unwritten.items() if not written.is_set()}

    async def _embed(self, chunks: Sequence[Chunk]) -> EmbeddedChunks:
        """Wait for the model as long as what it gives can still be written; raise `DocumentUnfinished` after that."""
        left = None if self._until is None else self._until - self._clock() + self._sizes.handover_seconds / 2
        try:
            async with asyncio.timeout(left):
                return await embed(self._tools.embedder, chunks)
        except TimeoutError as error:
            raise DocumentUnfinished from error

    async def _write_all(self, embedded: EmbeddedChunks) -> ModelError | None:
        """Write what has vectors; return why the rest has none."""
        if not embedded.chunks:
            return embedded.failure
        parts = embedded.parts(_WRITERS if self._is_near_the_end(embedded.chunks) else 1)
        async with Overlap[ModelError | None](_WRITERS) as writing:
            for part in parts:
                writing.begin(self._write(part))
            failures = [await writing.oldest() for _ in parts]
        return next(filter(None, [embedded.failure, *failures]), None)

    def _is_near_the_end(self, chunks: Sequence[Chunk]) -> bool:
        """Whether less comes after these chunks: written by one, they would leave another without work."""
        return self.summary is not None and self.summary.chunks < chunks[-1].ordinal + 1 + len(chunks)

    async def _write(self, part: EmbeddedChunks) -> ModelError | None:
        async with self._writing:
            try:
                await self._commit(part)
            except EmbeddingModelSwitched:
                part = await self._embed(part.chunks)
                await self._commit(part)
        return part.failure

    async def _commit(self, part: EmbeddedChunks) -> None:
        embeddings = replace(part.embeddings, model=part.embeddings.model or self._tools.embedder.model)
        progress = Progress("embedded", self._staged, self.summary.chunks if self.summary else None)
        await self._tools.documents.stage(self._claim, part.chunks, embeddings, progress=progress)
