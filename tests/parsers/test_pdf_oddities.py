"""PDFs that break readers: what can be read is read, the rest is refused at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sluice.adapters.parsers.isolation import IsolatedParser
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument
from sluice.testing.pdfs import SCAN, pdf
from tests.parsing import read_whole

TEXT = "The pump starts at noon every day"


def without_table(body: bytes) -> bytes:
    return body[: body.index(b"xref\n0")] + b"trailer << /Root 1 0 R >>\n%%EOF"


@pytest.mark.parametrize(
    "body",
    [
        *(pdf(TEXT, entries=b"/Rotate %d" % angle) for angle in (90, 180, 270)),
        pdf(TEXT, behind=b"1 1 1 rg "),
        pdf(TEXT, behind=SCAN + b"3 Tr "),
        pdf(TEXT).replace(b"startxref\n", b"startxref\n9"),
        without_table(pdf(TEXT)),
        pdf(TEXT).replace(b"[0 0 595 842]", b"[0 0 9999999 9999999]"),
        pdf(TEXT).replace(b"/Count 1", b"/Count 2000000000"),
        pdf(TEXT).replace(b"/Count 1", b"/Count 0"),
    ],
    ids=[
        "rotated 90", "rotated 180", "rotated 270", "white on white", "invisible on a scan", "wrong place of its table",
        "no table", "huge sheet", "says that it has two thousand million pages", "says that it has none",
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(parser: DocumentParser, body: bytes) -> None:
    """However it is turned, coloured or counted."""
    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


def in_circles(body: bytes) -> bytes:
    return body.replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")


def of_one_page_more(body: bytes) -> bytes:
    return body.replace(b"/Kids [4 0 R] /Count 1", b"/Kids [4 0 R 99 0 R] /Count 2")


@pytest.mark.parametrize("broken", [in_circles, of_one_page_more])
async def test_a_broken_tree_of_pages_is_refused(broken: Callable[[bytes], bytes]) -> None:
    """By its reader, which lives on."""
    with pytest.raises(DamagedDocument, match="is damaged"):
        await read_whole(IsolatedParser(), "a.pdf", broken(pdf(TEXT)))
