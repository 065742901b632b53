"""The parts that make documents findable."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sluice.bootstrap.shared import database, documents, embedder_of, metrics, objects, passages, settings

if TYPE_CHECKING:
    from sluice.embedding import SpaceEmbedder
    from sluice.ingesting import Ingesting
    from sluice.ports import IngestQueue, Parser, TextRecognizer
    from sluice.reconciling import Reconciling
    from sluice.scans import Scans


@cache
def queue() -> IngestQueue | None:
    if not settings().queue_url:
        return None
    from sluice.adapters.sqs import SqsIngestQueue

    return SqsIngestQueue(settings().queue_url, dead_letter_url=settings().dead_letter_queue_url)


@cache
def parser() -> Parser:
    from sluice.adapters.parsers.isolation import IsolatedParser
    from sluice.adapters.parsers.limits import Limits

    limits = Limits(
        bytes=settings().document_bytes,
        pages=settings().document_pages,
        characters=settings().document_characters,
        archive_bytes=settings().archive_bytes,
        archive_ratio=settings().archive_ratio,
        archive_members=settings().archive_members,
        nesting=settings().document_nesting,
    )
    return IsolatedParser(limits, timeout_seconds=settings().parse_seconds, memory_bytes=settings().parse_memory_bytes)


@cache
def recognizer() -> TextRecognizer | None:
    if settings().ocr == "none":
        return None
    from sluice.adapters.textract import TextractRecognizer

    return TextractRecognizer(timeout_seconds=settings().ocr_seconds)


@cache
def scans() -> Scans | None:
    reader = recognizer()
    if reader is None:
        return None
    from sluice.scans import Scans

    return Scans(recognizer=reader, parser=parser(), objects=objects(), most_pages=settings().ocr_pages)


@cache
def space_embedder() -> SpaceEmbedder:
    from sluice.adapters.postgres.spaces import PostgresSpaces
    from sluice.embedding import SpaceEmbedder

    model = settings().embedding_model
    return SpaceEmbedder(model=model, spaces=PostgresSpaces(database(), model=model), embedder_of=embedder_of)


@cache
def ingesting() -> Ingesting:
    from sluice.ingesting import Ingesting, Sizes, Tools

    sizes = Sizes(
        document_bytes=settings().document_bytes,
        chunk_characters=settings().chunk_characters,
        chunk_overlap=settings().chunk_overlap,
        # The embedder sends several batches at once; this many chunks lie between two reports of progress.
        embedding_batch=4 * settings().embedding_batch,
        claim_seconds=settings().claim_seconds,
        handover_seconds=settings().handover_seconds,
    )
    tools = Tools(documents=documents(), parser=parser(), embedder=space_embedder(), scans=scans())
    return Ingesting(objects=objects(), passages=passages(), tools=tools, sizes=sizes, metrics=metrics())


@cache
def reconciling() -> Reconciling:
    from sluice.reconciling import Reconciling

    return Reconciling(ingesting=ingesting(), documents=documents(), objects=objects(), queue=queue())
