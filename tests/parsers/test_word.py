"""DOCX: what its page shows, under its headings, with its tables, boxes and notes."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from tests.parsers.making import archive, docx, paragraph, relations

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SECRET = '<w:rStyle w:val="Secret"/>'
PAGE = "Content-Type: text/html\n\n<p>Within.</p>"


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", "<p>Within.</p><script>x</script>"),
        ("page.mht", f"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=B\n\n--B\n{PAGE}\n--B--\n"),
        ("part.docx", docx(paragraph("Within."))),
        ("part.rtf", r"{\rtf1 Within.\par}"),
        ("part.txt", "Within."),
        ("part.png", b"\x89PNG"),
    ],
)
def test_a_document_within_a_document_is_text(parser: DocumentParser, name: str, content: str | bytes) -> None:
    """Where it is said to be a part of the text, in its place; what can't be read is left out."""
    more: dict[str, str | bytes] = {
        f"word/{name}": content,
        "word/_rels/document.xml.rels": relations(("aFChunk", name)),
    }
    chunk = '<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'

    parsed = parser.parse("a.docx", docx(paragraph("Before.") + chunk + paragraph("After."), more))

    within = "" if name == "part.png" else "Within.\n\n"
    assert parsed.blocks == (Block(f"Before.\n\n{within}After."),)


def test_a_document_may_hold_itself_no_deeper_than_is_allowed(parser: DocumentParser) -> None:
    """Each level of them is read by the one above it."""
    chunk = '<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'
    body = docx(paragraph("Level 0"))
    for level in range(1, 9):
        more: dict[str, str | bytes] = {
            "word/part.docx": body,
            "word/_rels/document.xml.rels": relations(("aFChunk", "part.docx")),
        }
        body = docx(paragraph(f"Level {level}") + chunk, more)

    assert parser.parse("a.docx", body).blocks == (Block("\n\n".join(f"Level {level}" for level in range(8, 2, -1))),)


def test_headers_and_footers_are_said_once(parser: DocumentParser) -> None:
    """In a block of their own, without those that only number the pages."""
    number = "<w:p><w:r><w:t>Page </w:t><w:instrText>PAGE</w:instrText><w:t>2 of 9</w:t></w:r></w:p>"
    more = {
        "word/header1.xml": f"<w:hdr {SPACE}>{paragraph('Ann &amp; Co')}{number}</w:hdr>",
        "word/header2.xml": f"<w:hdr {SPACE}>{paragraph('Ann &amp; Co')}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {SPACE}>{paragraph('Account 47')}</w:ftr>",
        "word/_rels/document.xml.rels": relations(
            ("header", "header1.xml"), ("header", "header2.xml"), ("footer", "footer1.xml")
        ),
    }

    assert parser.parse("a.docx", docx(paragraph("Text"), more)).blocks == (
        Block("Text"),
        Block("Ann & Co\nAccount 47"),
    )
    assert parser.parse("a.docx", docx("", more)).blocks == (Block("Ann & Co\nAccount 47"),)


def test_styles_may_hide_text(parser: DocumentParser) -> None:
    """A paragraph's or a run's, also one that it is based on; a run can show itself again."""
    styles = f"""<w:styles {SPACE}><w:style w:styleId="Hidden"><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:styleId="Secret"><w:basedOn w:val="Hidden"/></w:style></w:styles>"""
    shown = run("shown", '<w:vanish w:val="0"/>')
    hidden = f'<w:p><w:pPr><w:pStyle w:val="Hidden"/></w:pPr>{run("unseen")}{shown}</w:p>'
    body = f"<w:p>{run('unseen', SECRET)}{run('seen ')}</w:p>{hidden}"

    assert parser.parse("a.docx", docx(body, {"word/styles.xml": styles})).blocks == (Block("seen\n\nshown"),)


def test_comments_and_figures_are_told_and_broken_parts_left_out(parser: DocumentParser) -> None:
    """A comment behind its paragraph, a chart at the end; cells that a change took away are gone."""
    more = {
        "word/comments.xml": f'<w:comments {SPACE}><w:comment w:id="1">{paragraph("Really?")}</w:comment></w:comments>',
        "word/chart.xml": "<c><ser><tx><v>Sales</v></tx><val><pt><v>3</v></pt></val></ser></c>",
        "word/styles.xml": "<broken",
        "word/_rels/document.xml.rels": relations(
            ("styles", "styles.xml"), ("comments", "comments.xml"), ("chart", "chart.xml")
        ),
    }
    row = f"<w:tr><w:tc><w:tcPr><w:cellDel/></w:tcPr>{paragraph('gone')}</w:tc><w:tc>{paragraph('kept')}</w:tc></w:tr>"
    body = f'<w:p>{run("Said.")}<w:commentReference w:id="1"/></w:p><w:tbl>{row}</w:tbl>'

    parsed = parser.parse("a.docx", docx(body, more))

    assert parsed.blocks == (Block("Said.\n\nComment: Really?\n\nkept\n\n\nSales: 3"),)
