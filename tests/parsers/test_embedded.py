"""Documents that other programs have embedded in Office files: read behind what shows them, each once."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from tests.parsers.making import archive, docx, paragraph, pptx, relations, shape, xlsx
from tests.parsers.old_workbooks import compound, label, workbook

INNER = docx(paragraph("Within", "H1") + paragraph("Words."))


def outer(kind: str, name: str, body: bytes) -> bytes:
    links = relations(("styles", "styles.xml"), (kind, f"embeddings/{name}"), (kind, f"embeddings/{name}"))
    return docx(paragraph("Before"), {f"word/embeddings/{name}": body, "word/_rels/document.xml.rels": links})


def packed(name: str, body: bytes) -> bytes:
    """Return a file as Windows packs it into an object."""
    path = b"C:\\" + name.encode() + b"\0"
    head = name.encode() + b"\0" + path + struct.pack("<II", 0x30000, len(path)) + path
    content = struct.pack("<H", 2) + head + struct.pack("<I", len(body)) + body
    return struct.pack("<I", len(content)) + content


@pytest.mark.parametrize(
    ("kind", "name", "body", "block"),
    [
        ("package", "Document1.docx", INNER, Block("Within\n\nWords.", heading="Within")),
        ("oleObject", "a.bin", compound("Package", INNER), Block("Within\n\nWords.", heading="Within")),
        ("oleObject", "a.bin", compound("\x01Ole10Native", packed("a.txt", b"Words. " * 600)), None),
        ("oleObject", "a.bin", workbook(label(0, 0, "Rent")), Block("Rent", heading="S0")),
    ],
    ids=["package", "in an object", "packed by Windows", "old workbook"],
)
def test_what_is_embedded_is_read_behind_the_text(
    parser: DocumentParser, kind: str, name: str, body: bytes, block: Block | None
) -> None:
    """As the document that it is."""
    blocks = parser.parse("a.docx", outer(kind, name, body)).blocks

    assert blocks == (Block("Before"), block or Block(("Words. " * 600).strip()))


@pytest.mark.parametrize(
    "body",
    [b"\x89PNG", compound("\x01Ole10Native", b"x"), compound("Package", b"x"), compound("Package", INNER)[:700]],
    ids=["picture", "cut off", "no document", "broken"],
)
def test_what_can_not_be_read_costs_no_text(parser: DocumentParser, body: bytes) -> None:
    """Pictures are embedded too, and what no program reads any more."""
    assert parser.parse("a.docx", outer("oleObject", "a.bin", body)).blocks == (Block("Before"),)


def test_slides_and_sheets_have_documents_within_them(parser: DocumentParser) -> None:
    """On the slide and below the sheet that show them."""
    links = {"ppt/slides/_rels/slide1.xml.rels": relations(("package", "../embeddings/a.docx"))}
    slides = archive({**members(pptx([shape("One")])), **links, "ppt/embeddings/a.docx": INNER})
    sheet = {"xl/worksheets/_rels/sheet1.xml.rels": relations(("package", "../embeddings/a.docx"))}
    sheets = archive({**members(xlsx({"Costs": [["Rent"]]})), **sheet, "xl/embeddings/a.docx": INNER})

    assert parser.parse("a.pptx", slides).blocks == (Block("One\n\nWithin\n\nWords.", page=1),)
    assert parser.parse("a.xlsx", sheets).blocks == (Block("Rent\n\nWithin\n\nWords.", page=1, heading="Costs"),)


def members(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_documents_within_documents_end_somewhere(parser: DocumentParser) -> None:
    """The innermost are left out, as those of mails are."""
    body = docx(paragraph("Depth 9"))
    for depth in range(8, -1, -1):
        links = relations(("package", "embeddings/a.docx"))
        body = docx(
            paragraph(f"Depth {depth}"), {"word/embeddings/a.docx": body, "word/_rels/document.xml.rels": links}
        )

    assert [block.text for block in parser.parse("a.docx", body).blocks] == [f"Depth {depth}" for depth in range(6)]
