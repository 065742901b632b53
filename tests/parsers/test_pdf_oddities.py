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
        pdf(TEXT)[: pdf(TEXT).index(b"trailer") + 12],
        pdf(TEXT).removeprefix(b"%PDF-1.7\n"),
        pdf(TEXT).replace(b"%PDF-1.7", b"%\xe2\xe3\xcf\xd3"),
        b"@PJL SET RESOLUTION=600\n" * 20 + pdf(TEXT),
        pdf(TEXT) + bytes(2000),
        pdf(TEXT).replace(b"[0 0 595 842]", b"[0 0 9999999 9999999]"),
        pdf(TEXT).replace(b"/Count 1", b"/Count 2000000000"),
        pdf(TEXT).replace(b"/Count 1", b"/Count 0"),
    ],
    ids=[
        "rotated 90", "rotated 180", "rotated 270", "white on white", "invisible on a scan", "wrong place of its table",
        "no table",
        "cut off in its end", "no first line", "no signature", "a printer's orders before it", "filled with NULs",
        "huge sheet", "says that it has two thousand million pages", "says that it has none",
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(parser: DocumentParser, body: bytes) -> None:
    """However it is turned, coloured or counted."""
    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


VERTICAL = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UTF16-V /DescendantFonts "
    b"[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo "
    b"<< /Registry (Adobe) /Ordering (Japan1) /Supplement 4 >> >>] >>"
)


def standing(*texts: tuple[str, int, int]) -> bytes:
    """Return a PDF of one page with texts that go down from their places, in a font that is not in the file."""
    shown = (f"1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj".encode() for text, x, y in texts)
    return pdf("", font=VERTICAL, behind=b"BT /F1 12 Tf %b ET" % b" ".join(shown))


@pytest.mark.parametrize(
    "body",
    [
        standing(("わたくしといふ現象は", 300, 700), ("青い照明です", 280, 700)),
        standing(*((character, 300, 700 - 12 * place) for place, character in enumerate("わたくしといふ現象は")),
                 *((character, 280, 700 - 12 * place) for place, character in enumerate("青い照明です"))),
    ],
    ids=["column by column", "character by character"],
)  # fmt: skip
def test_columns_are_read(parser: DocumentParser, body: bytes) -> None:
    """Of vertical writing, in the order in which they were written: from the right to the left."""
    assert parser.parse("a.pdf", body).blocks == (Block("わたくしといふ現象は\n青い照明です", page=1),)


def test_characters_without_outlines_stay_where_they_stand(parser: DocumentParser) -> None:
    """In horizontal writing, each of them placed by itself."""
    font = VERTICAL.replace(b"UTF16-V", b"UTF16-H")
    shown = b" ".join(b"1 0 0 1 %d 700 Tm <%s> Tj" % (300 + 12 * place, character.encode("utf-16-be").hex().encode())
                      for place, character in enumerate("青い照明"))  # fmt: skip

    body = pdf("", font=font, behind=b"BT /F1 12 Tf %b ET" % shown)

    assert parser.parse("a.pdf", body).blocks == (Block("青い照明", page=1),)


def in_circles(body: bytes) -> bytes:
    return body.replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")


def of_one_page_more(body: bytes) -> bytes:
    return body.replace(b"/Kids [4 0 R] /Count 1", b"/Kids [4 0 R 99 0 R] /Count 2")


@pytest.mark.parametrize("broken", [in_circles, of_one_page_more])
async def test_a_broken_tree_of_pages_is_refused(broken: Callable[[bytes], bytes]) -> None:
    """By its reader, which lives on."""
    with pytest.raises(DamagedDocument, match="is damaged"):
        await read_whole(IsolatedParser(), "a.pdf", broken(pdf(TEXT)))
