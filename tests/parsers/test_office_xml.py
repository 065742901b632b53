"""Office documents that are one file of XML: read as what they are, and never as their markup."""

from __future__ import annotations

import base64

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument, DocumentTooLarge, UnsupportedKind
from tests.parsers.making import paragraph, relations

DECLARATION = '<?xml version="1.0" encoding="UTF-16"?>\n<?mso-application progid="Word.Document"?>\n'
PACKAGE = 'xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"'
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORD_2003 = 'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"'
HEADING = '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
SHEETS = "urn:schemas-microsoft-com:office:spreadsheet"


def part(name: str, content: str) -> str:
    return f'<pkg:part pkg:name="/{name}"><pkg:xmlData>{content}</pkg:xmlData></pkg:part>'


def package() -> str:
    """Return a document of Word as one file, with a page within it that is no XML."""
    chunk = '<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'
    page = base64.b64encode(b"<p>Within.</p>").decode()
    return f"""<pkg:package {PACKAGE}>{part("_rels/.rels", relations(("officeDocument", "word/document.xml")))}
        {part("word/document.xml", f"<w:document {WORD}>{paragraph('Hello', 'H1')}{chunk}</w:document>")}
        {part("word/_rels/document.xml.rels", relations(("aFChunk", "page.html"), ("styles", "styles.xml")))}
        {part("word/styles.xml", f"<w:styles {WORD}>{HEADING}</w:styles>")}
        <pkg:part pkg:name="/word/page.html"><pkg:binaryData>{page}</pkg:binaryData></pkg:part></pkg:package>"""


@pytest.mark.parametrize("name", ["a.xml", "a.doc", "a.txt", "a"])
@pytest.mark.parametrize("declaration", ["", DECLARATION])
def test_a_package_in_one_file_is_a_document(parser: DocumentParser, name: str, declaration: str) -> None:
    """As the archive with the same parts is, whatever it is called and in whatever encoding it was read."""
    parsed = parser.parse(name, (declaration + package()).encode("utf-16" if declaration else "utf-8"))

    assert (parsed.kind, parsed.blocks) == ("docx", (Block("Hello\n\nWithin.", heading="Hello"),))


def test_a_part_without_a_name_costs_no_text(parser: DocumentParser) -> None:
    """Nothing refers to it."""
    body = package().replace("/word/page.html", "")

    assert parser.parse("a.xml", body.encode()).blocks == (Block("Hello", heading="Hello"),)


def test_what_word_2003_wrote_is_a_document(parser: DocumentParser) -> None:
    """With its headings, notes behind the paragraph that they are about, and headers and footers."""
    note = f"<w:footnote>{paragraph('Noted')}</w:footnote>"
    comment = f'<annotation w:type="Word.Comment"><content>{paragraph("Said")}</content></annotation>'
    text = f"<w:p><w:r><w:t>A</w:t>{note}</w:r>{comment}<w:r><w:t>ll</w:t></w:r></w:p>"
    margins = f"<w:sectPr><w:hdr>{paragraph('Ann Ltd')}</w:hdr><w:ftr>{paragraph('Secret')}</w:ftr></w:sectPr>"
    body = f"<w:body><s>{paragraph('Hello', 'H1')}{text}{margins}</s></w:body>"

    parsed = parser.parse(
        "a.doc", f"<w:wordDocument {WORD_2003}><w:styles>{HEADING}</w:styles>{body}</w:wordDocument>".encode()
    )

    assert (parsed.kind, parsed.blocks) == (
        "docx",
        (
            Block("Hello\n\nAll\n\nNoted\n\nSaid", heading="Hello"),
            Block("Ann Ltd\nSecret"),
        ),
    )


def test_what_excel_2003_wrote_is_a_workbook(parser: DocumentParser) -> None:
    """A block a sheet, with gaps between cells, without hidden sheets and errors."""
    cells = {
        "String": "Rent<x/>!", "Number": "1200.0", "DateTime": "2026-12-31T00:00:00.000", "Boolean": "1",
        "Error": "#N/A",
    }  # fmt: skip
    row = "".join(f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>' for kind, value in cells.items())
    gap = '<Row><Cell ss:Index="3"><Data ss:Type="String">third</Data></Cell></Row>'
    shown = f'<Worksheet ss:Name="Costs"><Table><Row>{row}</Row>{gap}</Table></Worksheet>'
    hidden = (
        f'<Worksheet ss:Name="Old">{gap}<WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>'
    )
    body = f'<Workbook xmlns="{SHEETS}" xmlns:ss="{SHEETS}">{hidden}{shown}</Workbook>'

    parsed = parser.parse("a.xls", body.encode())

    assert (parsed.kind, parsed.pages) == ("xlsx", 1)
    assert parsed.blocks == (Block("Rent! | 1200 | 2026-12-31 | True\nthird", page=1, heading="Costs"),)
    with pytest.raises(DocumentTooLarge, match="1 sheets; at most 0"):
        DocumentParser(Limits(pages=0)).parse("a.xls", body.encode())


def test_a_workbook_with_a_title_is_no_page(parser: DocumentParser) -> None:
    """Its properties may have an element that is named as in HTML."""
    properties = '<DocumentProperties xmlns="urn:x"><Title>Plan</Title></DocumentProperties>'
    row = '<Row><Cell><Data ss:Type="String">Rent</Data></Cell></Row>'
    sheet = f'<Worksheet ss:Name="Costs"><Table>{row}</Table></Worksheet>'
    body = f'<?xml version="1.0"?><Workbook xmlns="{SHEETS}" xmlns:ss="{SHEETS}">{properties}{sheet}</Workbook>'

    assert parser.parse("a.xml", body.encode()).blocks == (Block("Rent", page=1, heading="Costs"),)


def test_a_workbook_of_excel_2003_has_comments_and_no_control_characters(parser: DocumentParser) -> None:
    """Excel writes them as references, which XML does not allow."""
    data = '<Data ss:Type="String">A&#7;b&#x1F;&#10;c</Data>'
    comment = '<Comment ss:Author="Ann"><ss:Data><B>Ann:</B>\nTo be paid</ss:Data></Comment>'
    sheet = f'<Worksheet ss:Name="Costs"><Table><Row><Cell>{data}{comment}</Cell></Row></Table></Worksheet>'
    body = f'<Workbook xmlns="{SHEETS}" xmlns:ss="{SHEETS}">{sheet}</Workbook>'

    blocks = parser.parse("a.xml", body.encode()).blocks

    assert blocks == (Block("Ab c\n\nComment: Ann: To be paid", page=1, heading="Costs"),)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a", '<?xml version="1.0"?><x>Words</x>'),
        ("a.txt", '<!-- x --><x xmlns="urn:x">Words</x>'),
        ("a.xml", "<x>Words</x>"),
        ("a", '<svg xmlns="http://www.w3.org/2000/svg"><text>Words</text></svg>'),
        ("a", "<Workbook xmlns='urn:else'><x/></Workbook>"),
    ],
)
def test_other_xml_is_refused(parser: DocumentParser, name: str, body: str) -> None:
    """Its markup is no text."""
    with pytest.raises(UnsupportedKind, match="This file is XML"):
        parser.parse(name, body.encode())


@pytest.mark.parametrize(
    "body",
    [
        f"<pkg:package {PACKAGE}><pkg:part",
        f'<pkg:package {PACKAGE}><pkg:part pkg:name="a"><pkg:binaryData>x</pkg:binaryData></pkg:part></pkg:package>',
        f"<w:wordDocument {WORD_2003}><w:body>",
    ],
)
def test_a_broken_one_is_refused(parser: DocumentParser, body: str) -> None:
    """Wherever it is cut off."""
    with pytest.raises(DamagedDocument):
        parser.parse("a.xml", body.encode())
