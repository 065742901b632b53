"""DOCX: what its page shows, under its headings, with its tables, boxes and notes."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from tests.parsers.making import archive, docx, paragraph, relations


def test_word_keeps_headings_and_tables(parser: DocumentParser) -> None:
    """A block for each heading with its path; the cells of a row on one line."""
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Name", "Price"))
    body = (
        paragraph("Guide", "H1")
        + paragraph("All of it.")
        + paragraph("Costs", "H2")
        + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
    )
    properties = '<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The guide</dc:title></x>'

    parsed = parser.parse("a.bin", docx(body, {"docProps/core.xml": properties}))

    assert (parsed.kind, parsed.title) == ("docx", "The guide")
    assert parsed.blocks == (
        Block("Guide\n\nAll of it.", heading="Guide"),
        Block("Costs\n\nName | Price", heading="Guide > Costs"),
    )


def test_word_reads_text_boxes(parser: DocumentParser) -> None:
    """What stands in a drawing is text too."""
    box = f"<w:p><w:r><w:pict><w:txbxContent>{paragraph('In the box.')}</w:txbxContent></w:pict></w:r></w:p>"

    assert "In the box." in parser.parse("a.docx", docx(box)).blocks[0].text


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (run("Kept ") + f"<w:ins>{run('added')}</w:ins><w:del>{run('gone')}</w:del>", "Kept added"),
        (run("Seen") + run("unseen", "<w:vanish/>") + run(" again", '<w:vanish w:val="0"/>'), "Seen again"),
        ("<w:r><w:instrText> PAGE </w:instrText></w:r>" + run("7"), "7"),
        (f'<w:fldSimple w:instr="FILENAME">{run("plan.docx")}</w:fldSimple>', "plan.docx"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('Chosen')}</w:sdtContent></w:sdt>", "Chosen"),
        (f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>", "東京"),
        ('<m:oMath xmlns:m="m"><m:r><m:t>E=m</m:t></m:r><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:oMath>', "E=m2"),
        ("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r>", "a\nb-c"),
    ],
    ids=["tracked changes", "hidden", "field", "simple field", "control", "reading", "formula", "breaks"],
)
def test_word_is_read_as_it_is_shown(parser: DocumentParser, content: str, text: str) -> None:
    """No more and no less than what the page shows."""
    assert parser.parse("a.docx", docx(f"<w:p>{content}</w:p>")).blocks == (Block(text),)


def test_a_text_box_is_read_once(parser: DocumentParser) -> None:
    """It stands in the file twice, the second time for older programs."""
    box = f"<w:txbxContent>{paragraph('Boxed.')}</w:txbxContent>"
    both = (
        f'<x:AlternateContent xmlns:x="x"><x:Choice>{box}</x:Choice><x:Fallback>{box}</x:Fallback></x:AlternateContent>'
    )
    old = f'<x:AlternateContent xmlns:x="x"><x:Choice/><x:Fallback>{box}</x:Fallback></x:AlternateContent>'

    for content in (both, old):
        assert parser.parse("a.docx", docx(f"<w:p><w:r>{content}</w:r></w:p>")).blocks == (Block("Boxed."),)


def test_word_tells_lists_and_inherited_headings_and_leaves_out_contents(parser: DocumentParser) -> None:
    """A style is what it is based on; the table of contents only repeats the headings."""
    styles = (
        '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="H1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Toc"><w:name w:val="toc 1"/></w:style>'
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    numbered = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    body = (
        paragraph("Costs ... 3", "Toc")
        + paragraph("Costs", "Own")
        + f"<w:p>{numbered}{run('Rent')}</w:p><w:p>{numbered}{run('Tea')}</w:p>"
        + f'<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr>{run("Later")}</w:p>'
        + paragraph("Nothing.")
    )

    parsed = parser.parse("a.docx", docx(body, {"word/styles.xml": f'<w:styles xmlns:w="{space}">{styles}</w:styles>'}))

    assert parsed.blocks == (
        Block("Costs\n\n- Rent\n- Tea", heading="Costs"),
        Block("Later\n\nNothing.", heading="Costs > Later"),
    )


def test_a_note_stands_behind_its_paragraph(parser: DocumentParser) -> None:
    """Where it is first referred to, and without the line that parts notes from the text."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    line = f'<w:footnote w:type="separator" w:id="0">{paragraph("---")}</w:footnote>'
    notes = f'{line}<w:footnote w:id="2">{paragraph("By law.")}</w:footnote>'
    body = f'<w:p>{run("It must.")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>' + paragraph("So it is.")
    more = {
        "word/footnotes.xml": f"<w:footnotes {space}>{notes}</w:footnotes>",
        "word/_rels/document.xml.rels": relations(("footnotes", "footnotes.xml")),
    }

    assert parser.parse("a.docx", docx(body, more)).blocks == (Block("It must.\n\nBy law.\n\nSo it is."),)


def test_a_table_that_only_lays_out_is_read_as_text(parser: DocumentParser) -> None:
    """Its headings are headings; a table inside keeps its rows."""
    inner = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("a", "b"))
    layout = f"<w:tc>{paragraph('Part', 'H1')}{paragraph('Text.')}<w:tbl><w:tr>{inner}</w:tr></w:tbl></w:tc>"

    assert parser.parse("a.docx", docx(f"<w:tbl><w:tr>{layout}</w:tr></w:tbl>")).blocks == (
        Block("Part\n\nText.\n\na | b", heading="Part"),
    )


def test_the_main_part_may_have_any_name(parser: DocumentParser) -> None:
    """The package says what its parts are, in the strict format by other namespaces."""
    strict = "http://purl.oclc.org/ooxml"
    members = {
        "[Content_Types].xml": '<t><Override PartName="/text/main.xml" ContentType="a.wordprocessingml.b"/></t>',
        "_rels/.rels": f'<r><Relationship Id="a" Type="{strict}/officeDocument/relationships/officeDocument" '
        'Target="/text/main.xml"/></r>',
        "text/main.xml": f'<w:document xmlns:w="{strict}/wordprocessingml/main"><w:body>{paragraph("Strict.")}</w:body>'
        "</w:document>",
    }

    parsed = parser.parse("a.bin", archive(members))

    assert (parsed.kind, parsed.blocks) == ("docx", (Block("Strict."),))


def test_a_page_of_html_in_a_document_is_text(parser: DocumentParser) -> None:
    """Programs that make documents often put their pages in as they are."""
    more = {
        "word/page.html": "<p>From the web.</p><script>x</script>",
        "word/_rels/document.xml.rels": relations(("aFChunk", "page.html")),
    }
    chunk = '<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'

    assert parser.parse("a.docx", docx(chunk, more)).blocks == (Block("From the web."),)
