"""Ingestion among fakes, and what is read from its events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sluice.domain import Caller, Chunk, Document, ObjectRef
from sluice.events import IngestEnded, IngestEvent
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import Parser, TextRecognizer
from sluice.scans import Scans
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, ScriptedParser

CALLER = Caller("t")
SIZES = Sizes(document_bytes=10_000, chunk_characters=20, chunk_overlap=0, embedding_batch=2, claim_seconds=60)


@dataclass
class World:
    """The use case among fakes, and a clock that a test sets."""

    now: float = 0.0
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    parser: ScriptedParser = field(default_factory=ScriptedParser)
    embedder: HashEmbedder = field(default_factory=HashEmbedder)

    def __post_init__(self) -> None:
        self.documents = InMemoryDocuments(clock=lambda: self.now)
        self.passages = DocumentPassages(self.documents)
        self.ingesting = self.with_parser(self.parser)

    def with_parser(
        self, parser: Parser, recognizer: TextRecognizer | None = None, most_pages: int = 10, **sizes: float
    ) -> Ingesting:
        scans = None
        if recognizer:
            scans = Scans(recognizer=recognizer, parser=parser, objects=self.objects, most_pages=most_pages)
        return Ingesting(
            objects=self.objects,
            passages=self.passages,
            tools=Tools(self.documents, parser, self.embedder, scans),
            sizes=replace(SIZES, **sizes),  # type: ignore[arg-type] # whichever sizes a test names
        )

    async def ingest(self, ref: ObjectRef, *, again: bool = False, last_try: bool = False) -> list[IngestEvent]:
        return [event async for event in self.ingesting.ingest(CALLER, ref, again=again, last_try=last_try)]

    def chunks(self, document: Document) -> list[Chunk]:
        return [chunk for chunk, _ in self.documents.contents[document.id]]

    async def only(self) -> Document:
        (document,) = await self.documents.recent(CALLER, collection=None, limit=10)
        return document


def ended(events: list[IngestEvent]) -> Document:
    last = events[-1]
    assert isinstance(last, IngestEnded)
    return last.document


def steps(events: list[IngestEvent]) -> list[tuple[str, int | None, int | None]]:
    """Return the events in short: the step with its count, the status at the end."""
    return [
        (event.document.status.value, None, None)
        if isinstance(event, IngestEnded)
        else (event.step, event.done, event.total)
        for event in events
    ]
