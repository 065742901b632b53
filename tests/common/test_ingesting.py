"""Ingestion tells the truth: ready when it is stored, failed with a reason, pending when it may still succeed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

import pytest

from sluice.domain import Claim, DocumentStatus, ParsedDocument
from sluice.errors import (
    DatabaseUnavailable,
    DocumentBusy,
    DocumentNotFindable,
    DocumentUnfinished,
    EmbeddingModelMismatch,
    ModelUnavailable,
    NoTextLayer,
    SluiceError,
    StorageUnavailable,
)
from sluice.ports import Embeddings
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import ScriptedParser, ScriptedRecognizer
from sluice.testing.pdfs import pdf
from tests.common.ingestion import CALLER, World, ended, steps
from tests.parsing import InProcessParser


@pytest.fixture
def world() -> World:
    return World()


async def test_every_step_is_told_in_order(world: World) -> None:
    """Progress follows the work, batch by batch, and ends with the ready document."""
    ref = await world.objects.write("a/guide.txt", b"First page here.\fSecond page here.\fThird one.")

    events = await world.ingest(ref)

    assert steps(events) == [
        ("received", None, None),
        ("parsed", 3, 3),
        ("chunked", 3, 3),
        ("embedded", 2, 3),
        ("embedded", 3, 3),
        ("stored", None, None),
        ("ready", None, None),
    ]
    document = ended(events)
    assert (document.collection, document.source, document.title) == ("a", "s3://documents/a/guide.txt", "guide.txt")
    assert [chunk.page for chunk in world.chunks(document)] == [1, 2, 3]
    assert world.embedder.purposes == ["document"] * 3


async def test_what_is_read_is_embedded_while_the_rest_is_read(world: World) -> None:
    """The reader goes on only once the first pages have been embedded, and the document is ready all the same."""
    embedded = asyncio.Event()

    class Embedder(HashEmbedder):
        async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
            embedded.set()
            return await super().embed_documents(texts)

    class Reader(ScriptedParser):
        async def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:
            async for whole in super().parse(name, body, tenant=tenant):
                yield replace(whole, blocks=whole.blocks[:3])
                await embedded.wait()
                yield replace(whole, blocks=whole.blocks[3:])

    world.embedder = Embedder()
    ref = await world.objects.write("guide.txt", b"First.\fSecond.\fThird.\fFourth.")

    events = [event async for event in world.with_parser(Reader()).ingest(CALLER, ref)]

    assert ended(events).status is DocumentStatus.READY
    assert world.embedder.texts == ["First.", "Second.", "Third.", "Fourth."]


async def test_the_reader_hears_whose_document_it_is(world: World) -> None:
    """So that no tenant's document is read where another's has been."""
    await world.ingest(await world.objects.write("guide.txt", b"Some text."))

    assert world.parser.tenants == [CALLER.tenant]


async def test_the_same_object_twice_is_one_document(world: World) -> None:
    """The second delivery ends at once with the ready document and embeds nothing."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    first = await world.ingest(ref)
    embedded = list(world.embedder.texts)

    second = await world.ingest(ref)

    assert steps(second) == [("ready", None, None)]
    assert ended(second).id == ended(first).id == (await world.only()).id
    assert world.embedder.texts == embedded


async def test_new_bytes_replace_the_old_version(world: World) -> None:
    """An overwritten object stays one document, with the new text only."""
    old = ended(await world.ingest(await world.objects.write("guide.txt", b"Old text.")))

    new = ended(await world.ingest(await world.objects.write("guide.txt", b"New text.")))

    assert (new.id, new.status) == (old.id, DocumentStatus.READY)
    assert [chunk.content for chunk in world.chunks(new)] == ["New text."]


async def test_a_document_error_fails_the_document(world: World) -> None:
    """The reason is kept in words and as a code; nothing is embedded."""
    world.parser.failures.append(NoTextLayer())

    document = ended(await world.ingest(await world.objects.write("scan.pdf", b"%PDF")))

    assert (document.status, document.code) == (DocumentStatus.FAILED, "no_text_layer")
    assert document.reason == NoTextLayer().message
    assert world.embedder.texts == []


async def test_a_large_object_is_refused_before_it_is_parsed(world: World) -> None:
    """The limit of bytes holds at the bucket's door."""
    document = ended(await world.ingest(await world.objects.write("big.txt", b"x" * 10_001)))

    assert (document.code, world.parser.names) == ("document_too_large", [])


async def test_a_document_without_chunks_is_never_ready(world: World) -> None:
    """Ready with nothing to find would be a lie."""
    document = ended(await world.ingest(await world.objects.write("blank.txt", b"\f \f\n")))

    assert (document.status, document.code) == (DocumentStatus.FAILED, "empty_document")


@pytest.mark.parametrize(
    ("break_it", "error"),
    [
        (lambda world: world.objects.failures.append(StorageUnavailable()), StorageUnavailable),
        (lambda world: world.embedder.failures.append(ModelUnavailable()), ModelUnavailable),
        (lambda world: world.documents.failures.append(DatabaseUnavailable()), DatabaseUnavailable),
        (lambda world: world.documents.failures.append(EmbeddingModelMismatch()), EmbeddingModelMismatch),
    ],
    ids=["bucket", "model", "database", "other model"],
)
async def test_what_may_pass_leaves_the_document_claimable(
    world: World, break_it: Callable[[World], None], error: type[SluiceError]
) -> None:
    """The error goes to the caller, whose queue tries again; the document waits as pending."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    break_it(world)

    with pytest.raises(error):
        await world.ingest(ref)

    assert (await world.only()).status is DocumentStatus.PENDING
    assert ended(await world.ingest(ref)).status is DocumentStatus.READY


async def test_a_reader_that_goes_away_gives_the_claim_back(world: World) -> None:
    """Whoever stops reading the progress does not block the next one."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    events = world.ingesting.ingest(CALLER, ref)
    await anext(events)

    await events.aclose()

    assert (await world.only()).status is DocumentStatus.PENDING


async def test_two_at_once_are_one_work(world: World) -> None:
    """While one works the other is told so; a claim that nobody ended runs out."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    await world.documents.claim(CALLER, ref, lease_seconds=60)

    with pytest.raises(DocumentBusy):
        await world.ingest(ref)

    world.now = 61.0
    assert ended(await world.ingest(ref)).status is DocumentStatus.READY


async def test_a_long_step_keeps_the_document(world: World) -> None:
    """The lease may be shorter than it, since it is renewed as long as the environment lives."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    renewed = asyncio.Event()

    class Renewed(InMemoryDocuments):
        async def renew(self, claim: Claim) -> None:
            await super().renew(claim)
            renewed.set()

    class Slow(ScriptedParser):
        async def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:
            await renewed.wait()
            async for part in super().parse(name, body, tenant=tenant):
                yield part

    world.documents = Renewed()
    world.passages = DocumentPassages(world.documents)
    ingesting = world.with_parser(Slow(), claim_seconds=0.03)

    events = [event async for event in ingesting.ingest(CALLER, ref)]

    assert ended(events).status is DocumentStatus.READY


async def test_a_failed_document_is_tried_again_when_asked(world: World) -> None:
    """The same delivery once more reads nothing; asking for it does."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    world.parser.failures.append(NoTextLayer())
    await world.ingest(ref)

    assert ended(await world.ingest(ref)).status is DocumentStatus.FAILED
    assert len(world.parser.names) == 1
    assert ended(await world.ingest(ref, again=True)).status is DocumentStatus.READY


async def test_the_last_try_says_what_it_failed_of(world: World) -> None:
    """The queue gives up: the document is failed, and its reason names the way on."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    world.embedder.failures.append(ModelUnavailable())

    with pytest.raises(ModelUnavailable):
        await world.ingest(ref, last_try=True)

    document = await world.only()
    assert (document.status, document.code) == (DocumentStatus.FAILED, "model_unavailable")
    assert "sluice redrive" in (document.reason or "")


async def test_a_document_that_no_search_finds_is_not_ready(world: World) -> None:
    """Ready means findable; until it is, the document waits and says so."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    world.passages.blind = True

    with pytest.raises(DocumentNotFindable):
        await world.ingest(ref)

    document = await world.only()
    assert (document.status, document.code) == (DocumentStatus.PENDING, "document_not_findable")
    world.passages.blind = False
    assert ended(await world.ingest(ref)).status is DocumentStatus.READY
    assert len(world.embedder.texts) == 1


async def test_a_document_is_sought_by_as_many_words_as_a_question_has(world: World) -> None:
    """They begin the chunk in its middle; all of a chunk would take the database many times as long."""
    ingesting = world.with_parser(world.parser, chunk_characters=1_000)
    ref = await world.objects.write("a.txt", b"first page\f" + b"the second page " * 60)

    async for _ in ingesting.ingest(CALLER, ref):
        pass

    assert world.passages.asked == ["the second page " * 10]


async def test_work_goes_on_where_it_stopped(world: World) -> None:
    """What was staged before the model failed is not embedded again."""
    ref = await world.objects.write("guide.txt", b"Page one.\fPage two.\fPage three.\fPage four.")
    world.embedder.fail_after(1, ModelUnavailable())
    with pytest.raises(ModelUnavailable):
        await world.ingest(ref)

    document = ended(await world.ingest(ref))

    assert (document.status, document.chunks) == (DocumentStatus.READY, 4)
    assert world.embedder.texts == ["Page one.", "Page two.", "Page three.", "Page four."]
    assert document.tokens == 8


async def test_the_end_of_the_time_hands_the_rest_on(world: World) -> None:
    """Nothing is begun that the invocation can't finish, and the document waits for the next one."""
    ref = await world.objects.write("guide.txt", b"Some text.")
    world.ingesting = world.with_parser(world.parser, handover_seconds=20.0)

    with pytest.raises(DocumentUnfinished):
        async for _ in world.ingesting.ingest(CALLER, ref, seconds=19.0):
            pass

    assert await world.documents.recent(CALLER, collection=None, limit=10) == []
    events = [event async for event in world.ingesting.ingest(CALLER, ref, seconds=100.0)]
    assert ended(events).status is DocumentStatus.READY


async def test_only_what_changed_is_embedded(world: World) -> None:
    """One edited page of three costs one call for one chunk, wherever the others have moved to."""
    await world.ingest(await world.objects.write("guide.txt", b"Page one.\fPage two.\fPage three."))
    world.embedder.texts.clear()

    document = ended(await world.ingest(await world.objects.write("guide.txt", b"Page three.\fPage 2!\fPage one.")))

    assert world.embedder.texts == ["Page 2!"]
    assert [(chunk.content, chunk.page) for chunk in world.chunks(document)] == [
        ("Page three.", 1),
        ("Page 2!", 2),
        ("Page one.", 3),
    ]


async def test_the_same_text_twice_is_embedded_once(world: World) -> None:
    """A chunk is addressed by its content, within a document too."""
    document = ended(await world.ingest(await world.objects.write("a.txt", b"Same.\fSame.\fOther.\fSame.")))

    assert (document.chunks, sorted(world.embedder.texts)) == (4, ["Other.", "Same."])


async def test_a_text_that_comes_again_in_a_later_batch_is_embedded_once(world: World) -> None:
    """Although the earlier batch may still be being written."""
    document = ended(await world.ingest(await world.objects.write("a.txt", b"Same.\fOne.\fTwo.\fSame.\fSame.\fThree.")))

    assert (document.chunks, world.embedder.texts) == (6, ["Same.", "One.", "Two.", "Three."])


async def test_what_is_read_is_what_the_bucket_holds(world: World) -> None:
    """An event that was overtaken by an overwrite reads the new bytes under their own etag."""
    old = await world.objects.write("guide.txt", b"Old text.")
    new = await world.objects.write("guide.txt", b"New text.")

    document = ended(await world.ingest(old))

    assert (document.etag, [chunk.content for chunk in world.chunks(document)]) == (new.etag, ["New text."])


async def test_scans_are_read_where_somebody_can(world: World) -> None:
    """With a recognizer, pages without a text layer are no failure."""
    world.parser.failures.append(NoTextLayer())
    world.ingesting = world.with_parser(world.parser, ScriptedRecognizer(("First page.", "Second page.")))

    document = ended(await world.ingest(await world.objects.write("scan.pdf", b"%PDF")))

    assert (document.status, document.kind, document.pages) == (DocumentStatus.READY, "pdf", 2)
    assert [chunk.page for chunk in world.chunks(document)] == [1, 2]


async def test_pages_are_counted_though_their_text_is_known(world: World) -> None:
    """What need not be embedded again is text all the same."""
    first = ended(await world.ingest(await world.objects.write("guide.txt", b"First page.\f \fThird page.")))
    second = ended(await world.ingest(await world.objects.write("guide.txt", b"First page.\f \fThird page.\f\f")))

    assert [(it.pages, it.pages_without_text) for it in (first, second)] == [(3, 1), (5, 3)]
    assert world.embedder.texts == ["First page.", "Third page."]


async def test_pages_on_which_a_recognizer_finds_nothing_have_no_text(world: World) -> None:
    """The file has as many pages as its parser says, also where nothing stands on the last ones."""
    body = pdf(None, None, "")
    world.ingesting = world.with_parser(InProcessParser(), ScriptedRecognizer(("First page.",)))

    document = ended(await world.ingest(await world.objects.write("scan.pdf", body)))

    assert (document.status, document.pages, document.pages_without_text) == (DocumentStatus.READY, 3, 2)


async def test_headings_are_embedded_with_their_text(world: World) -> None:
    """A chunk is found by the headings that it stands under, though its content is the document's own words."""
    world.ingesting = world.with_parser(InProcessParser(), chunk_characters=100)

    document = ended(await world.ingest(await world.objects.write("guide.md", b"# Install\nAll.\n## Linux\nRun it.")))

    assert world.embedder.texts == ["Install\nInstall\n\nAll.", "Install > Linux\nLinux\n\nRun it."]
    assert [chunk.content for chunk in world.chunks(document)] == [
        "Install\n\nAll.",
        "Linux\n\nRun it.",
    ]
