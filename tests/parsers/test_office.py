"""Slides, sheets and books: every text with the place where it stands, and no archive that harms its reader."""

from __future__ import annotations

import io
import zipfile

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import (
    DamagedDocument,
    DocumentTooLarge,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
    UnsupportedKind,
)
from tests.parsers.making import archive, compound, docx, epub, paragraph, pptx, relations, shape, xlsx


def test_slides_come_in_the_order_of_the_presentation(parser: DocumentParser) -> None:
    """Each slide is a page under its title, with its tables and the speaker's notes, without its number."""
    row = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in "ab")
    first = shape("Results", "title") + shape("We grew.") + shape("7", "sldNum")
    second = f"<p:graphicFrame><a:tbl><a:tr>{row}</a:tr></a:tbl></p:graphicFrame>"

    parsed = parser.parse("a.pptx", pptx([first, second], notes={1: "Smile."}))

    assert (parsed.kind, parsed.title, parsed.pages) == ("pptx", "Results", 2)
    assert parsed.blocks == (
        Block("Results\nWe grew.\n\nNotes: Smile.", page=1, heading="Results"),
        Block("a | b", page=2),
    )


def test_a_slide_has_charts_and_comments(parser: DocumentParser) -> None:
    """Comments are told as such."""
    with zipfile.ZipFile(io.BytesIO(pptx([shape("Plan")]))) as plain:
        members = {name: plain.read(name) for name in plain.namelist()}
    members["ppt/slides/_rels/slide1.xml.rels"] = relations(
        ("chart", "chart.xml"), ("comments", "comments.xml")
    ).encode()
    members["ppt/slides/chart.xml"] = (
        b"<c><title><p><t>Costs</t></p></title><ser><val><pt><v>2.0</v></pt></val></ser></c>"
    )
    members["ppt/slides/comments.xml"] = b"<cmLst><cm><text>Too high</text></cm></cmLst>"

    assert parser.parse("a.pptx", archive(members)).blocks == (Block("Plan\nCosts\n2\n\nComment: Too high", page=1),)


def test_a_presentation_of_images_has_no_text(parser: DocumentParser) -> None:
    """As a scanned PDF has none."""
    with pytest.raises(NoTextLayer):
        parser.parse("a.pptx", pptx(["<p:pic/>"]))


def test_sheets_are_pages_under_their_names(parser: DocumentParser) -> None:
    """A line a row; whole numbers are written as such, and empty rows not at all."""
    parsed = parser.parse(
        "a.xlsx", xlsx({"Costs": [["Item", "2026"], ["Rent", 1200.0], ["Tea", 3.5], []], "Empty": []})
    )

    assert (parsed.kind, parsed.pages) == ("xlsx", 2)
    assert parsed.blocks == (Block("Item | 2026\nRent | 1200\nTea | 3.5", page=1, heading="Costs"),)


def test_books_are_read_in_their_own_order(parser: DocumentParser) -> None:
    """A chapter's headings are its places; one that has none goes by its title."""
    chapters = {
        "z.xhtml": "<html><head><title>Preface</title></head><body><p>Before.</p></body></html>",
        "a.xhtml": "<html><body><h1>One</h1><p>It began.</p></body></html>",
    }

    parsed = parser.parse("a.zip", epub(chapters))

    assert (parsed.kind, parsed.title) == ("epub", "A book")
    assert parsed.blocks == (Block("Before.", heading="Preface"), Block("One\n\nIt began.", heading="One"))


def test_chapters_may_be_called_anything(parser: DocumentParser) -> None:
    """By their types or their names, with a place in them, and drawings too."""
    with zipfile.ZipFile(io.BytesIO(epub({"a.xhtml": "<p>One</p>", "b.svg": "<svg><text>Two</text></svg>"}))) as plain:
        members = {name: plain.read(name) for name in plain.namelist()}
    package = members["OEBPS/book.opf"].replace(
        b'href="a.xhtml" media-type="application/xhtml+xml"', b'href="a.xhtml#top"'
    )

    assert parser.parse("a.epub", archive({**members, "OEBPS/book.opf": package})).blocks == (
        Block("One"),
        Block("Two"),
    )


def test_bytes_without_markup_are_no_chapter(parser: DocumentParser) -> None:
    """Protection that says nothing of itself leaves some."""
    with zipfile.ZipFile(io.BytesIO(epub({"a.xhtml": "Wx9 no page kq2"}))) as plain:
        members = {name: plain.read(name) for name in plain.namelist()}

    with pytest.raises(DamagedDocument):
        parser.parse("a.epub", archive(members))
    with pytest.raises(EncryptedDocument):
        parser.parse("a.epub", archive({**members, "META-INF/sinf.xml": b"<x/>"}))


def test_a_protected_book_is_refused(parser: DocumentParser) -> None:
    """Only where a chapter is encrypted, since fonts often are."""
    chapters = {"a.xhtml": "<p>Text</p>"}

    assert parser.parse("a.epub", epub(chapters, encrypted="font.otf")).blocks == (Block("Text"),)
    with pytest.raises(EncryptedDocument):
        parser.parse("a.epub", epub(chapters, encrypted="a.xhtml"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (archive({"word/document.xml": "content"}), DamagedDocument),
        (archive({"ppt/presentation.xml": "<p/>"}), EmptyDocument),
        (archive({"xl/workbook.xml": "content"}), DamagedDocument),
        (archive({"META-INF/container.xml": "<container/>"}), DamagedDocument),
        (docx(paragraph("x"))[:300], DamagedDocument),
        (b"PK\x03\x04" + archive({"_rels/.rels": "<x/>" * 20})[40:], DamagedDocument),
        (docx(paragraph("x"), {"word/document.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), DamagedDocument),
        (pptx(["<p:sp>"]), DamagedDocument),
    ],
    ids=["docx", "pptx", "xlsx", "epub", "half", "without its beginning", "entities", "not well-formed"],
)
def test_what_is_broken_is_refused(parser: DocumentParser, body: bytes, error: type[Exception]) -> None:
    """With a reason, whatever part of it is broken."""
    with pytest.raises(error):
        parser.parse("a", body)


def test_an_archive_may_part_folders_as_windows_does(parser: DocumentParser) -> None:
    """Against the standard, as some programs do."""
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("Text")))) as right:
        members = {name.replace("/", "\\"): right.read(name) for name in right.namelist()}

    assert parser.parse("a.docx", archive(members)).blocks == (Block("Text"),)


def test_names_of_parts_may_differ_in_case(parser: DocumentParser) -> None:
    """As the standard says."""
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("Text", "H1")))) as right:
        members = {name.replace("word/s", "Word/S"): right.read(name) for name in right.namelist()}

    assert parser.parse("a.docx", archive(members)).blocks == (Block("Text", heading="Text"),)


def test_an_archive_may_not_expand_without_end() -> None:
    """By the sum of its members, by its ratio and by their number, before anything is unpacked."""
    bomb = docx(paragraph("x" * 30_000_000))

    with pytest.raises(DocumentTooLarge, match="more than 1,000,000 bytes"):
        DocumentParser(Limits(archive_bytes=1_000_000)).parse("a.docx", bomb)
    with pytest.raises(DocumentTooLarge, match="more than 200 times its size"):
        DocumentParser().parse("a.docx", bomb)
    with pytest.raises(DocumentTooLarge, match="5 members; at most 2"):
        DocumentParser(Limits(archive_members=2)).parse("a.docx", docx(paragraph("x")))


def test_an_archive_that_lies_about_its_sizes_is_stopped() -> None:
    """What comes out is counted too: the directory says that the member is small."""
    honest = archive({"ppt/presentation.xml": "x" * 3_000_000})
    size = (3_000_000).to_bytes(4, "little")
    lying = honest.replace(size, (10).to_bytes(4, "little"))

    with pytest.raises((DocumentTooLarge, DamagedDocument)):
        DocumentParser(Limits(archive_bytes=1_000_000)).parse("a.pptx", lying)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("stream", "error", "words"),
    [
        ("WordDocument", UnsupportedKind, "a document of Word 97"),
        ("PowerPoint Document", UnsupportedKind, "a presentation of PowerPoint 97"),
        ("__properties_version1.0", UnsupportedKind, "an Outlook message"),
        ("EncryptedPackage", EncryptedDocument, "password"),
    ],
)
def test_old_office_files_are_named(parser: DocumentParser, stream: str, error: type[Exception], words: str) -> None:
    """A refusal says what the file is, so that its owner knows how to save it anew."""
    with pytest.raises(error, match=words):
        parser.parse("a", OLE + stream.encode("utf-16-le"))


@pytest.mark.parametrize(
    "records",
    [
        b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12) + b"\x2f\x00\x36\x00",
        b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12) + b"\x86\x00\x00\x00\x2f\x00\x36\x00",
        b"\x09\x08\x08\x00\x00\x05\x05\x00" + bytes(4) + b"\x2f\x00\x04\x00",
    ],
    ids=["97", "97 with a reservation", "5"],
)
def test_an_old_workbook_with_a_password_is_refused_as_such(parser: DocumentParser, records: bytes) -> None:
    """It is not damaged."""
    with pytest.raises(EncryptedDocument):
        parser.parse("a.xls", OLE + "Workbook".encode("utf-16-le") + records)


def test_an_old_file_is_not_what_is_embedded_in_it(parser: DocumentParser) -> None:
    """A letter with a table from a workbook is a letter, whose text would otherwise pass for read."""
    with pytest.raises(UnsupportedKind, match="a document of Word 97"):
        parser.parse("a.doc", compound("WordDocument", embedded="Workbook"))
    with pytest.raises(EncryptedDocument):
        parser.parse("a.docx", compound("EncryptionInfo", "EncryptedPackage"))
    with pytest.raises(EmptyDocument):
        parser.parse("a.xls", compound("Workbook", embedded="WordDocument"))


@pytest.mark.parametrize(("beginning", "version"), [("09000400", 2), ("09020600", 3), ("09040600", 4)])
def test_workbooks_of_the_first_versions_are_named(parser: DocumentParser, beginning: str, version: int) -> None:
    """They are not text in an unknown encoding."""
    with pytest.raises(UnsupportedKind, match=f"a workbook of Excel {version}"):
        parser.parse("a.xls", bytes.fromhex(beginning) + b"\x00\x00\x10\x00" * 8)


def test_a_panic_of_the_reader_is_a_damaged_workbook(parser: DocumentParser) -> None:
    """It is no `Exception` in Python, and would end the process that reads."""
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.bin"/></Relationships>'
    )
    name = "S".encode("utf-16-le")
    sheet = bytes(4) + b"\x01\0\0\0" + b"\x04\0\0\0" + "rId9".encode("utf-16-le") + b"\x01\0\0\0" + name
    book = b"\x9c\x01" + bytes([len(sheet)]) + sheet + b"\x90\x01\x00"

    with pytest.raises(DamagedDocument) as raised:
        parser.parse("a.xlsb", archive({"_rels/.rels": relations, "xl/workbook.bin": book}))

    assert not isinstance(raised.value.__cause__, Exception)
