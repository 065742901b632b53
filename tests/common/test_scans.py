"""Pages that are images, among pages with text: only they are recognized, and they stand where they belong."""

from __future__ import annotations

from collections import deque
from contextlib import closing

import pypdfium2 as pdfium
import pytest

from sluice.domain import Block, ObjectRef
from sluice.errors import DocumentTooLarge, NoTextLayer, StorageUnavailable
from sluice.ports import StoredObject
from sluice.scans import Scans
from sluice.testing.objects import InMemoryObjects, ScriptedRecognizer
from sluice.testing.pdfs import SCAN, pdf
from tests.parsing import InProcessParser


class World:
    """A bucket with one document, a parser, and a recognizer that says what it is told."""

    def __init__(self, body: bytes, *recognized: str, most_pages: int = 10) -> None:
        self.objects = InMemoryObjects()
        self.recognizer = ScriptedRecognizer(recognized)
        self.parser = InProcessParser()
        self.body = body
        self.scans = Scans(recognizer=self.recognizer, parser=self.parser, objects=self.objects, most_pages=most_pages)

    async def read(self) -> list[tuple[int | None, str]]:
        ref = await self.objects.write("a.pdf", self.body)
        stored = StoredObject(ref, self.body)
        parts = self.scans.read(stored, self.parser.parse("a.pdf", self.body), tenant="t")
        return [(block.page, block.text) async for part in parts for block in part.blocks]


async def test_scanned_pages_take_their_places_among_the_others() -> None:
    """Also where one stands on each side of a page with text; a blank page is not sent."""
    world = World(pdf("One", None, "Three", "", None), "Scanned two", "Scanned five")

    assert await world.read() == [(1, "One"), (2, "Scanned two"), (3, "Three"), (5, "Scanned five")]


async def test_only_the_scanned_pages_are_sent() -> None:
    """In a copy that lies beside the documents, is none of them, and is gone afterwards."""
    world = World(pdf("One", None, "Three", None), "Two", "Four")
    sent: list[tuple[ObjectRef, int]] = []

    class Recognizer(ScriptedRecognizer):
        async def recognize(self, ref: ObjectRef) -> tuple[Block, ...]:
            with closing(pdfium.PdfDocument(world.objects.contents[ref.bucket, ref.key])) as copy:
                sent.append((ref, len(copy)))
            return await super().recognize(ref)

    recognizer = Recognizer(("Two", "Four"))
    world.scans = Scans(recognizer=recognizer, parser=world.parser, objects=world.objects, most_pages=10)
    await world.read()

    [(ref, pages)] = sent
    assert (ref.key.startswith(".sluice/scans/"), ref.is_document, pages) == (True, False, 2)
    assert [key for _, key in world.objects.contents] == ["a.pdf"]


async def test_a_try_that_broke_off_is_known_again() -> None:
    """The copy stays for the recognizer, which is asked about the same key and etag the next time."""
    world = World(pdf("One", None), "Two")
    world.recognizer.failures = deque([StorageUnavailable()])

    with pytest.raises(StorageUnavailable):
        await world.read()
    assert len(world.objects.contents) == 2
    assert await world.read() == [(1, "One"), (2, "Two")]
    first, second = world.recognizer.refs
    assert (first.key, first.etag) == (second.key, second.etag)
    assert len(world.objects.contents) == 1


@pytest.mark.parametrize("error", [NoTextLayer(), DocumentTooLarge()])
async def test_pages_that_can_not_be_recognized_leave_the_others(error: Exception) -> None:
    """The document is what it would be without a recognizer."""
    world = World(pdf("One", None))
    world.recognizer.failures = deque([error])

    assert await world.read() == [(1, "One")]


async def test_more_pages_than_may_be_charged_are_not_sent() -> None:
    """Of a document with text; a whole scan fails, and says so."""
    mixed, scan = World(pdf("One", None, None), most_pages=1), World(pdf(None, None), most_pages=1)

    assert await mixed.read() == [(1, "One")]
    with pytest.raises(DocumentTooLarge, match="2 pages; at most 1"):
        await scan.read()
    assert (mixed.recognizer.refs, scan.recognizer.refs) == ([], [])


async def test_a_stamp_on_a_scan_gives_way_to_what_is_recognized() -> None:
    """What a scanner's program writes onto each image is no text of the page; the document itself is sent."""
    world = World(pdf("Scanned by Acme", behind=SCAN), "The letter. Scanned by Acme")

    assert await world.read() == [(1, "The letter. Scanned by Acme")]
    assert [ref.key for ref in world.recognizer.refs] == ["a.pdf"]
