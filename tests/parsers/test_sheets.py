"""Workbooks whose cells lie far apart, or that calamine does not read, and what is drawn on sheets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument, DocumentTooLarge
from tests.parsers.making import archive, relations, xlsx

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PART = "xl/worksheets/sheet1.xml"


SERIES = """<ser><tx><v>Sales</v></tx><cat><pt idx="0"><v>Spring</v></pt><pt idx="1"><v>Summer</v></pt></cat>
    <val><pt idx="0"><v>1.5</v></pt><pt idx="1"><v>0.30000000000000004</v></pt><pt idx="2"><v>7</v></pt></val></ser>"""


def text(reference: str, content: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><r><t>{content}</t></r><rPh><t>reading</t></rPh></is></c>'


def workbook(rows: str, more: Mapping[str, str] | None = None, *, relations_of: str = "") -> bytes:
    """Return a workbook whose one sheet has this content, with other parts beside it."""
    with zipfile.ZipFile(io.BytesIO(xlsx({"Costs": []}))) as plain:
        members: dict[str, str | bytes] = {name: plain.read(name) for name in plain.namelist()}
    members[PART] = f"<worksheet {SPACE}><sheetData>{rows}</sheetData></worksheet>"
    if relations_of:
        members["xl/_rels/workbook.xml.rels"] = relations_of
    return archive({**members, **(more or {})})


def corners(value: str = "") -> str:
    """Return cells in the first and in the last place that a sheet has."""
    last = value or text("XFD1048576", "last")
    return f'<row r="1">{text("A1", "first")}</row><row r="1048576">{last}</row>'


def test_a_declared_size_is_only_a_claim(parser: DocumentParser) -> None:
    """The cells that are there are read, few of them in a sheet that says it is full."""
    claim = f'<worksheet {SPACE}><dimension ref="A1:XFD1048576"/><sheetData><row r="1">{text("A1", "only")}</row>'

    parsed = parser.parse("a.xlsx", workbook("", {PART: f"{claim}</sheetData></worksheet>"}))

    assert parsed.blocks == (Block("only", page=1, heading="Costs"),)


def test_cells_are_read_however_far_apart_they_lie(parser: DocumentParser) -> None:
    """In opposite corners, in wide rows, and beyond the last place that there is."""
    wide = "".join(f'<row r="{row}">{text(f"A{row}", "a")}{text(f"XFD{row}", "z")}</row>' for row in (1, 2, 600))
    beyond = f'<row r="99999999">{text("ZZZZ99999999", "far")}</row><row r="1">{text("A1", "near")}</row>'

    assert parser.parse("a", workbook(corners())).blocks == (Block("first\nlast", page=1, heading="Costs"),)
    assert parser.parse("a", workbook(beyond)).blocks == (Block("far\nnear", page=1, heading="Costs"),)
    assert parser.parse("a", workbook(wide)).blocks[0].text.split("\n") == ["a" + " | " * 9 + "z"] * 3


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ('<c r="XFD1048576" t="s"><v>1</v></c>', "second"),
        ('<c r="XFD1048576" t="s"><v>7</v></c>', ""),
        ('<c r="XFD1048576"><v>1200.0</v></c>', "1200"),
        ('<c r="XFD1048576"><v>0.5</v></c>', "0.5"),
        ('<c r="XFD1048576" s="1"><v>46387</v></c>', "2026-12-31"),
        ('<c r="XFD1048576" s="1"><v>46387.5</v></c>', "2026-12-31 12:00:00"),
        ('<c r="XFD1048576" s="2"><v>0.25</v></c>', "06:00:00"),
        ('<c r="XFD1048576" s="3"><v>7</v></c>', "7"),
        ('<c r="XFD1048576" s="99"><v>7</v></c>', "7"),
        ('<c r="XFD1048576" t="b"><v>1</v></c>', "True"),
        ('<c r="XFD1048576" t="e"><v>#N/A</v></c>', ""),
        ('<c r="XFD1048576" t="str"><v>made</v></c>', "made"),
    ],
)
def test_such_cells_are_written_like_others(parser: DocumentParser, cell: str, written: str) -> None:
    """Shared strings, whole numbers, dates by their formats, truth, and no errors."""
    parts = {
        "xl/sharedStrings.xml": f"<sst {SPACE}><si><t>first</t></si><si><r><t>sec</t></r><r><t>ond</t></r></si></sst>",
        "xl/styles.xml": f"""<styleSheet {SPACE}><numFmts><numFmt numFmtId="164" formatCode="[h]:mm"/>
            <numFmt numFmtId="165" formatCode="0 &quot;days&quot;"/></numFmts><cellXfs><xf numFmtId="0"/>
            <xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>""",
    }
    known = relations(
        ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
    )

    parsed = parser.parse("a.xlsx", workbook(corners(cell), parts, relations_of=known))

    assert parsed.blocks == (Block(f"first\n{written}".rstrip(), page=1, heading="Costs"),)


def test_days_are_counted_as_the_workbook_says(parser: DocumentParser) -> None:
    """From 1904 on in those that were made on the first Macs."""
    listed = f"""<workbook {SPACE} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
        <workbookPr date1904="1"/><sheets><sheet name="Costs" sheetId="1" r:id="rId1"/></sheets></workbook>"""
    styles = f'<styleSheet {SPACE}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    known = relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"))
    day = '<c r="{}" s="1"><v>43889</v></c>'

    def read(rows: str) -> str:
        parts = {"xl/workbook.xml": listed, "xl/styles.xml": styles}
        return parser.parse("a.xlsx", workbook(rows, parts, relations_of=known)).blocks[0].text

    assert read(f'<row r="1">{day.format("A1")}</row>') == "2024-02-29"
    assert read(corners(day.format("XFD1048576"))) == "first\n2024-02-29"


def test_a_workbook_that_calamine_refuses_is_read_as_far_as_it_can_be(parser: DocumentParser) -> None:
    """Sheets of macros, which calamine knows no name for, are left out."""
    sheets = f"""<workbook {SPACE} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
        <sheet name="Macro" sheetId="1" r:id="rId2"/><sheet name="Old" sheetId="3" state="hidden" r:id="rId1"/>
        <sheet name="Costs" sheetId="2" r:id="rId1"/></sheets></workbook>"""
    parts = {"xl/workbook.xml": sheets, "xl/macrosheets/sheet1.xml": f"<macrosheet {SPACE}/>"}
    known = relations(("worksheet", "worksheets/sheet1.xml"), ("xlMacrosheet", "macrosheets/sheet1.xml"))

    parsed = parser.parse("a.xlsm", workbook(f"<row>{text('A1', 'Rent')}</row>", parts, relations_of=known))

    assert (parsed.pages, parsed.blocks) == (1, (Block("Rent", page=1, heading="Costs"),))


def test_what_is_drawn_on_a_sheet_stands_below_its_rows(parser: DocumentParser) -> None:
    """The words of boxes, the titles and figures of charts, and comments; a broken drawing harms nothing."""
    drawing = '<x xmlns:a="d"><a:p><a:r><a:t>Read </a:t></a:r><a:r><a:t>me</a:t></a:r></a:p><a:p/></x>'
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            ("drawing", "../drawings/drawing1.xml"), ("comments", "../comments1.xml")
        ),
        "xl/comments1.xml": f'<c {SPACE}><comment ref="A1"><text><t>Too</t><t>high</t></text></comment></c>',
        "xl/drawings/_rels/drawing1.xml.rels": relations(("chart", "../charts/chart1.xml")),
        "xl/drawings/drawing1.xml": drawing,
        "xl/charts/chart1.xml": drawing.replace("me", "chart").replace("</x>", f"{SERIES}</x>"),
    }
    row = f'<row r="1">{text("A1", "Rent")}</row>'

    def read(more: Mapping[str, str]) -> tuple[Block, ...]:
        return parser.parse("a.xlsx", workbook(row, {**parts, **more})).blocks

    figures = "Sales: Spring 1.5, Summer 0.3, 7"
    assert read({}) == (
        Block(f"Rent\n\nRead me\nRead chart\n{figures}\nComment on A1: Too high", page=1, heading="Costs"),
    )
    assert read({"xl/drawings/drawing1.xml": "<"}) == (Block("Rent", page=1, heading="Costs"),)


def test_a_sheet_may_be_a_chart(parser: DocumentParser) -> None:
    """It has its place among the others, and writes days as dates."""
    days = '<numCache><formatCode>d/m/yy</formatCode><pt idx="0"><v>46387</v></pt></numCache>'
    chart = f'<x><ser><cat>{days}</cat><val><pt idx="0"><v>1.5</v></pt></val></ser></x>'
    sheets = "".join(f'<sheet name="S{number}" r:id="rId{number}"/>' for number in (1, 2))
    space = f'{SPACE} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    parts = {
        "xl/workbook.xml": f"<workbook {space}><sheets>{sheets}</sheets></workbook>",
        "xl/chartsheets/sheet1.xml": f"<chartsheet {SPACE}/>",
        "xl/chartsheets/_rels/sheet1.xml.rels": relations(("drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": "<x/>",
        "xl/drawings/_rels/drawing1.xml.rels": relations(("chart", "../charts/chart1.xml")),
        "xl/charts/chart1.xml": chart,
    }
    links = relations(("chartsheet", "chartsheets/sheet1.xml"), ("worksheet", "worksheets/sheet1.xml"))

    parsed = parser.parse("a.xlsx", workbook(f'<row r="1">{text("A1", "Rent")}</row>', parts, relations_of=links))

    assert parsed.pages == 2
    assert parsed.blocks == (Block("2026-12-31 1.5", page=1, heading="S1"), Block("Rent", page=2, heading="S2"))


def test_headers_and_footers_stand_below_the_rows(parser: DocumentParser) -> None:
    """Without their codes, and without what only numbers the pages."""
    header = '&amp;L&amp;"Arial,Bold"&amp;12Ann &amp;&amp; Ltd&amp;CPage &amp;P of &amp;N&amp;R&amp;K00-024Secret'
    margins = f"<headerFooter><oddHeader>{header}</oddHeader><evenHeader>&amp;LSecret</evenHeader></headerFooter>"
    body = workbook("", {PART: f"<worksheet {SPACE}><sheetData>{text('A1', 'Rent')}</sheetData>{margins}</worksheet>"})

    assert parser.parse("a.xlsx", body).blocks == (Block("Rent\n\nAnn & Ltd\nSecret", page=1, heading="Costs"),)


def test_sheets_and_their_text_stay_within_the_limits() -> None:
    """Also where the cells are read one by one."""
    long = workbook(corners(text("XFD1048576", "x" * 2_000)))

    with pytest.raises(DocumentTooLarge, match="characters"):
        DocumentParser(Limits(characters=1_000)).parse("a.xlsx", long)
    with pytest.raises(DocumentTooLarge, match="3 sheets; at most 2"):
        DocumentParser(Limits(pages=2)).parse("a.xlsx", xlsx({"a": [], "b": [], "c": []}))
    with pytest.raises(DamagedDocument):
        DocumentParser().parse("a.xlsx", workbook(corners() + "<row"))
