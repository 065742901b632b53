"""OpenDocument: texts, slides and sheets as their readers see them, as archives and as single files."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument, DocumentTooLarge, EncryptedDocument, NoTextLayer, UnsupportedKind
from tests.parsers.making import archive, open_document

TITLE = '<style:style style:name="P1" style:parent-style-name="Title"/><style:style style:name="Title"/>'
HIDDEN = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
META = '<meta xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A guide</dc:title></meta>'


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def frame(text: str, kind: str = "") -> str:
    placeholder = f'presentation:class="{kind}"' if kind else ""
    return f"<draw:frame {placeholder}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"


def test_a_text_is_parted_by_its_headings(parser: DocumentParser) -> None:
    """With lists and tables, the title of its properties, and templates of it too."""
    table = f"<table:table><table:table-row>{cell('a')}{cell('b')}</table:table-row></table:table>"
    items = "<text:list><text:list-item><text:p>One</text:p></text:list-item></text:list>"
    content = (
        '<text:p text:style-name="P1">The guide</text:p><text:h text:outline-level="2">Install</text:h>'
        f"<text:p>Run<text:s/>it<text:tab/>now.</text:p>{items}{table}"
    )

    parsed = parser.parse("a.ott", archive({**open_document("text-template", content, TITLE), "meta.xml": META}))

    assert (parsed.kind, parsed.title) == ("odt", "A guide")
    assert parsed.blocks == (
        Block("The guide\n\nInstall\n\nRun it\tnow.\n\n- One\na | b", heading="The guide > Install"),
    )


def test_what_a_page_does_not_show_is_left_out(parser: DocumentParser) -> None:
    """Deleted and hidden text, and tables of contents; boxes, notes and comments stand behind their paragraph."""
    content = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:table-of-content><text:p>listed</text:p>"
        '</text:table-of-content><text:section text:display="none"><text:p>folded</text:p></text:section>'
        f'<text:p>Shown<text:span text:style-name="T1">secret</text:span>{frame("Boxed")}'
        "<office:annotation><text:p>remark</text:p></office:annotation>"
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Noted</text:p></text:note-body>"
        "</text:note> all.</text:p>"
    )

    assert parser.parse("a.odt", archive(open_document("text", content, HIDDEN))).blocks == (
        Block("Shown all.\n\nBoxed\n\nComment: remark\n\nNoted"),
    )


def test_slides_are_pages_under_their_titles(parser: DocumentParser) -> None:
    """With tables and the speaker's notes, without the places that a master fills in."""
    row = f"<table:table-row>{cell('a')}{cell('b')}</table:table-row>"
    first = frame("Results", "title") + frame("We grew.") + frame("7", "page-number")
    notes = f"<presentation:notes>{frame('Smile.', 'notes')}{frame('7', 'page-number')}</presentation:notes>"
    second = f"<draw:frame><table:table>{row}</table:table></draw:frame>"
    content = f"<draw:page>{first}{notes}</draw:page><draw:page>{second}</draw:page>"

    parsed = parser.parse("a.odp", archive(open_document("presentation", content)))

    assert (parsed.kind, parsed.title, parsed.pages) == ("odp", "Results", 2)
    assert parsed.blocks == (
        Block("Results\nWe grew.\n\nNotes: Smile.", page=1, heading="Results"),
        Block("a | b", page=2),
    )


def master(content: str) -> str:
    return (
        f"<office:master-styles><style:master-page style:name='M'>{content}</style:master-page></office:master-styles>"
    )


def styles(content: str) -> dict[str, str]:
    """Return the part in which masters are kept, with the prefixes of the document."""
    head = open_document("text", "")["content.xml"].partition("<office:automatic-styles>")[0]
    return {"styles.xml": f"{head}{content}</office:document-content>"}


def test_headers_and_footers_are_a_block_of_their_own(parser: DocumentParser) -> None:
    """Each line once, without those that number the pages and those that are switched off."""
    number = "<text:p>Page <text:page-number>1</text:page-number> of <text:page-count>9</text:page-count></text:p>"
    margins = (
        f"<style:footer>{number}<text:p>Secret</text:p></style:footer>"
        "<style:header><text:p>Ann Ltd</text:p></style:header>"
        '<style:header-left><text:p>Ann Ltd</text:p></style:header-left><style:footer-left style:display="false">'
        "<text:p>old</text:p></style:footer-left>"
    )

    table = f'<table:table table:name="Costs"><table:table-row>{cell("y")}</table:table-row></table:table>'

    odt = parser.parse("a.odt", archive({**open_document("text", "<text:p>x</text:p>"), **styles(master(margins))}))
    ods = parser.parse("a.ods", archive({**open_document("spreadsheet", table), **styles(master(margins))}))

    assert odt.blocks == (Block("x"), Block("Secret\nAnn Ltd"))
    assert ods.blocks == (Block("y", page=1, heading="Costs"), Block("Secret\nAnn Ltd"))


def test_what_all_slides_show_stands_on_the_first(parser: DocumentParser) -> None:
    """What the master draws and the footer, but not the places that slides fill."""
    drawn = master(frame("Ann Ltd") + frame("Click here", "outline") + frame("7", "page-number"))
    page = '<draw:page draw:master-page-name="M" presentation:use-footer-name="f">'
    footer = '<presentation:footer-decl presentation:name="f">Secret</presentation:footer-decl>'
    content = f"{footer}{page}{frame('One')}</draw:page>{page}{frame('Two')}</draw:page>"

    parsed = parser.parse("a.odp", archive({**open_document("presentation", content), **styles(drawn)}))

    assert parsed.blocks == (Block("One\nSecret\nAnn Ltd", page=1), Block("Two", page=2))


def test_slides_and_sheets_have_comments(parser: DocumentParser) -> None:
    """Behind what they are about."""
    said = "<office:annotation><text:p>Why</text:p><text:p>so?</text:p></office:annotation>"
    slide = f"<draw:page>{frame('One')}{said}</draw:page>"
    rows = f"<table:table-row><table:table-cell>{said}<text:p>Rent</text:p></table:table-cell></table:table-row>"
    sheet = f'<table:table table:name="Costs">{rows}</table:table>'

    odp = parser.parse("a.odp", archive(open_document("presentation", slide)))
    ods = parser.parse("a.ods", archive(open_document("spreadsheet", sheet)))

    assert odp.blocks == (Block("One\n\nComment: Why so?", page=1),)
    assert ods.blocks == (Block("Rent\n\nComment: Why so?", page=1, heading="Costs"),)


def test_objects_are_read_where_they_are_shown(parser: DocumentParser) -> None:
    """Charts with their titles and figures, each once; one that is broken has none."""
    row = f"<table:table-row>{cell('Spring')}{cell('1.5')}</table:table-row>"
    title = '<c:title xmlns:c="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"><text:p>Sales</text:p></c:title>'
    content = open_document("chart", f"{title}<table:table>{row}</table:table>")["content.xml"]
    named = '<svg:title xmlns:svg="urn:s">x</svg:title>'
    shown = f'<draw:frame><draw:object xlink:href="./Object 1" xmlns:xlink="urn:x"/>{named}</draw:frame>'
    broken = shown.replace("Object 1", "Object 2")
    more = {"Object 1/content.xml": content, "Object 2/content.xml": "<x"}
    text = f"<text:p>Before{shown}</text:p><text:p>{shown}{broken}After</text:p>"

    odt = parser.parse("a.odt", archive({**open_document("text", text), **more}))
    odp = parser.parse("a.odp", archive({**open_document("presentation", f"<draw:page>{shown}</draw:page>"), **more}))

    assert odt.blocks == (Block("Before\n\nSales\nSpring | 1.5\n\nAfter"),)
    assert odp.blocks == (Block("Sales\nSpring | 1.5", page=1),)


def test_a_drawing_without_words_has_no_text(parser: DocumentParser) -> None:
    """As slides of images have none; words on its shapes are read."""
    shape = "<draw:page><draw:custom-shape><text:p>A box</text:p></draw:custom-shape></draw:page>"

    assert parser.parse("a.odg", archive(open_document("graphics", shape))).blocks == (Block("A box", page=1),)
    with pytest.raises(NoTextLayer):
        parser.parse("a.odg", archive(open_document("graphics", "<draw:page><draw:frame/></draw:page>")))


def test_sheets_are_read_however_far_apart_their_cells_lie(parser: DocumentParser) -> None:
    """Numbers and dates as other workbooks have them; hidden sheets are left out, what stands for many is bounded."""
    amount = cell("2,00", 'office:value-type="float" office:value="2"')
    date = cell("12/31/26", 'office:value-type="date" office:date-value="2026-12-31"')
    gap = '<table:table-cell table:number-columns-repeated="16383"/>'
    rows = (
        f"<table:table-row>{cell('Item')}{amount}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
        f"<table:table-row>{gap}{date}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1000000">{cell("x")}</table:table-row>'
    )
    old = f"<table:table-row>{cell('y')}</table:table-row>"
    hidden = '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
    content = (
        f'<table:table table:name="Costs">{rows}</table:table>'
        f'<table:table table:name="Old" table:style-name="ta1">{old}</table:table>'
    )

    parsed = parser.parse("a.ods", archive(open_document("spreadsheet", content, hidden)))

    assert (parsed.kind, parsed.pages) == ("ods", 1)
    assert parsed.blocks == (Block("Item | 2\n2026-12-31" + "\nx" * 100, page=1, heading="Costs"),)


def test_a_flat_file_is_read_as_its_archive_would_be(parser: DocumentParser) -> None:
    """Whatever encoding its declaration names, which its text had before."""
    whole = open_document("text", "<text:p>Größe</text:p>")["content.xml"].replace("document-content", "document")
    body = ('<?xml version="1.0" encoding="iso-8859-1"?>' + whole).encode("latin-1")

    assert parser.parse("a.fodt", body).blocks == (Block("Größe"),)


def test_broken_styles_cost_no_text(parser: DocumentParser) -> None:
    """They only say how it looks."""
    members = {**open_document("text", "<text:p>x</text:p>"), "styles.xml": "<x"}

    assert parser.parse("a.odt", archive(members)).blocks == (Block("x"),)


def test_any_prefix_may_stand_for_the_name_space(parser: DocumentParser) -> None:
    """Or none."""
    rows = f"<table:table-row>{cell('Rent')}</table:table-row>"
    members = open_document("spreadsheet", f'<table:table table:name="Costs">{rows}</table:table>')
    for old, new in (("<office:", "<"), ("</office:", "</"), ("xmlns:office", "xmlns")):
        members["content.xml"] = members["content.xml"].replace(old, new)

    assert parser.parse("a.ods", archive(members)).blocks == (Block("Rent", page=1, heading="Costs"),)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"META-INF/manifest.xml": "<file-entry><encryption-data/></file-entry>"}, EncryptedDocument),
        ({"content.xml": "<office"}, DamagedDocument),
        ({"content.xml": "<office:spreadsheet"}, DamagedDocument),
        ({"content.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}, DamagedDocument),
        ({"mimetype": "application/vnd.oasis.opendocument.chart"}, UnsupportedKind),
        ({"content.xml": "<x><body><chart/></body></x>"}, UnsupportedKind),
        ({"content.xml": "<x>" * 3_000 + "</x>" * 3_000}, UnsupportedKind),
        ({"content.xml": "<x><body><text>" + "<a>" * 3_000 + "</a>" * 3_000 + "</text></body></x>"}, DocumentTooLarge),
    ],
    ids=["encrypted", "cut off", "sheets cut off", "entities", "chart", "no text", "deep", "deep text"],
)
def test_what_can_not_be_read_is_refused(
    parser: DocumentParser, members: dict[str, str], error: type[Exception]
) -> None:
    """With the reason, and however deep it is."""
    with pytest.raises(error):
        parser.parse("a", archive({**open_document("text", "<text:p>x</text:p>"), **members}))


def test_a_workbook_may_not_have_sheets_without_end() -> None:
    """They are counted while they are read."""
    sheets = "<table:table/>" * 3

    with pytest.raises(DocumentTooLarge, match="3 sheets; at most 2"):
        DocumentParser(Limits(pages=2)).parse("a.ods", archive(open_document("spreadsheet", sheets)))
