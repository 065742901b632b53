"""A document of two thousand pages: over several invocations, and no chunk is embedded twice."""

from __future__ import annotations

import json
from typing import Any

from functions.ingest.records import Doors, Records
from sluice.adapters.parsers.isolation import IsolatedParser
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, DocumentStatus
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.ports import Embeddings
from sluice.reconciling import Reconciling
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, InMemoryQueue
from sluice.testing.pdfs import pdf
from tests.conftest import DIMENSION, EMBEDDING_MODEL
from tests.ingest.conftest import batch, notification

PAGES = 2_000
BATCH = 256
CALLS_AN_INVOCATION = 3


class Hourglass:
    """An invocation whose time is up after so many embedding calls, however fast the machine is."""

    def __init__(self) -> None:
        self.left = CALLS_AN_INVOCATION

    def __call__(self) -> float:
        return 0.0 if self.left > 0 else 1_000.0


class CountedEmbedder(HashEmbedder):
    """Lets sand fall with every call."""

    def __init__(self, glass: Hourglass) -> None:
        super().__init__(DIMENSION, EMBEDDING_MODEL)
        self._glass = glass

    async def embed_documents(self, texts: Any) -> Embeddings:
        self._glass.left -= 1
        return await super().embed_documents(texts)


class Context:
    """An invocation of fifteen minutes by a clock that stands still."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


async def test_a_big_document_is_done_in_several_invocations(database: Database) -> None:
    """Each hands its message on in time, and the next goes on where it stopped."""
    glass = Hourglass()
    objects, queue, embedder = InMemoryObjects(), InMemoryQueue(), CountedEmbedder(glass)
    documents, passages = PostgresDocuments(database), PostgresPassages(database, model=EMBEDDING_MODEL)
    sizes = Sizes(50_000_000, chunk_characters=300, chunk_overlap=0, embedding_batch=BATCH, claim_seconds=60)
    tools = Tools(documents, IsolatedParser(), embedder)
    ingesting = Ingesting(objects=objects, passages=passages, tools=tools, sizes=sizes, clock=glass)
    reconciling = Reconciling(ingesting=ingesting, documents=documents, objects=objects, queue=queue)
    records = Records(Doors(lambda: ingesting, lambda: reconciling, lambda: queue, lambda: 5))
    body = pdf(*(f"Page {page} is about the number {page * 7919}." for page in range(PAGES)))
    ref = await objects.write("big.pdf", body)
    await queue.send(json.dumps(notification("ObjectCreated:Put", ref.key, body)))

    seen = []
    for sent in queue.sent:  # grows while an invocation hands its message on
        glass.left = CALLS_AN_INVOCATION
        assert await records(batch(sent.body), Context()) == {"batchItemFailures": []}
        document = await documents.find(Caller(), ref.source)
        assert document
        seen.append((document.status, document.done))

    batches = -(-PAGES // BATCH)
    assert seen == [
        (DocumentStatus.PENDING, CALLS_AN_INVOCATION * BATCH),
        (DocumentStatus.PENDING, 2 * CALLS_AN_INVOCATION * BATCH),
        (DocumentStatus.READY, None),
    ]
    assert (len(embedder.texts), len(set(embedder.texts)), batches) == (PAGES, PAGES, 8)
    rows = await database.fetch("select count(*) as chunks, count(distinct page) as pages from chunk")
    assert rows == [{"chunks": PAGES, "pages": PAGES}]
