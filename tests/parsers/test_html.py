"""HTML: what a browser shows, a block a heading, tables readable."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers import html
from sluice.adapters.parsers.html_attributes import with_fewer_attributes
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block, ParsedDocument
from sluice.errors import DocumentTooLarge


def test_a_block_knows_the_path_of_its_headings() -> None:
    """Levels nest as in Markdown, and inline elements do not break a line."""
    page = "<title>T &amp; U</title><body>Before<h1>Install</h1><p>For <b>all</b>.</p><h2>Linux</h2><p>A.<br>B."

    assert html.read(page) == ParsedDocument(
        "html",
        (
            Block("Before"),
            Block("Install\n\nFor all.", heading="Install"),
            Block("Linux\n\nA.\nB.", heading="Install > Linux"),
        ),
        title="T & U",
    )


@pytest.mark.parametrize("tag", ["script", "style", "template", "noscript", "svg", "iframe"])
def test_what_is_not_shown_is_left_out(tag: str) -> None:
    """Nothing that a browser hides can be found."""
    page = f"<html><body><p>Shown</p><{tag}>hidden</{tag}><!-- hidden --></body></html>"

    assert html.read(page).blocks == (Block("Shown"),)


@pytest.mark.parametrize(
    "attribute", ["hidden", 'style="display:none"', 'style="color: red; Visibility : hidden"', 'hidden="until-found"']
)
def test_what_an_element_hides_is_left_out(attribute: str) -> None:
    """With all that is in it."""
    page = (
        f"<html><body><p>Shown</p><div {attribute}><p>hidden</p></div><p style='display: block'>Also</p></body></html>"
    )

    assert html.read(page).blocks == (Block("Shown\n\nAlso"),)


def test_a_page_that_waits_for_its_scripts_is_read() -> None:
    """It is shown in the end."""
    assert html.read("<html hidden><body style='visibility: hidden'><p>Shown</p></body></html>").blocks == (
        Block("Shown"),
    )


def test_readings_above_characters_part_no_words() -> None:
    """As in DOCX: the word is found as it is written."""
    assert html.read("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>").blocks == (Block("漢字"),)


def test_tables_are_rows_of_cells() -> None:
    """A row is a line; blocks inside a cell stay in its line."""
    page = "<table><tr><th>Name<th>Size</tr><tr><td><p>a</p><p>b</p><td>2</table><p>after"

    assert html.read(page).blocks == (Block("Name | Size\na b | 2\n\nafter"),)


def test_a_table_in_a_table_keeps_its_rows() -> None:
    """A page laid out by tables is read in its order."""
    page = "<table><tr><td>Menu<td>Intro<table><tr><td>x<td>y</tr></table><h2>Part</h2>End</tr></table>"

    assert html.read(page).blocks == (
        Block("Menu | Intro\nx | y"),
        Block("Part\n\nEnd", heading="Part"),
    )


def test_lists_and_code_keep_their_lines() -> None:
    """Each item is a line; preformatted text keeps its white space."""
    page = "<ul><li>One</li><li>Two</li></ul><pre>if x:\n    y()</pre>"

    assert html.read(page).blocks == (Block("- One\n- Two\n\nif x:\n    y()"),)


XML = '<?xml version="1.0" encoding="utf-8"?>'
DOCTYPE = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd" [<!ENTITY company "x">]>'
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize("beginning", [XML + "<html>", DOCTYPE + XHTML, XHTML], ids=["xml", "entities", "namespace"])
def test_xhtml_may_close_an_element_at_once(beginning: str) -> None:
    """A browser that takes it for HTML shows nothing of a page behind an empty title."""
    page = (
        f"{beginning}<head><title/><script src='a.js'/></head><body><p>A<br/>B</p><h1>C<a id='x'/></h1></body></html>"
    )

    assert html.read(page).blocks == (Block("A\nB"), Block("C", heading="C"))


def test_xhtml_may_hold_sections_without_markup() -> None:
    """They are a comment to HTML, and text to XML."""
    assert html.read(f"{XML}{XHTML}<body><p><![CDATA[Some text]]></p></body></html>").blocks == (Block("Some text"),)


def test_deep_nesting_is_read() -> None:
    """The depth of a page is not limited by the interpreter's."""
    page = "<html><body>" + "<div>" * 1_000 + "deep" + "</div>" * 1_000

    assert html.read(page).blocks == (Block("deep"),)


def test_many_comments_before_a_page_are_one_pass(parser: DocumentParser) -> None:
    """Telling the kind may not take every combination of comments."""
    assert parser.parse("a.txt", b"<!-- x -->" * 5_000 + b"<p>Not a page</p>").kind == "text"
    assert parser.parse("a.txt", b"<!-- x -->" * 50 + b"<html><body>A page").kind == "html"


def test_a_fragment_is_html_by_its_name(parser: DocumentParser) -> None:
    """Markup without the page around it needs the name's hint."""
    assert parser.parse("part.html", b"<p>Text</p>").kind == "html"
    assert parser.parse("part.txt", b"<p>Text</p>").kind == "text"


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("windows-1251", "cp1251", "Привет, мир"),
        ("x-sjis", "cp932", "こんにちは"),
        ("gb2312", "gb18030", "你好，鎔"),
        ("ISO-8859-1", "cp1252", "“5 €”"),
        ("iso-8859-8-i", "iso8859_8", "שלום"),
        ("visual", "iso8859_8", "שלום"),
        ("x-cp1250", "cp1250", "łąka"),
        ("iso-ir-100", "cp1252", "“5 €”"),
        ("x-mac-ukrainian", "mac_cyrillic", "Привет, мир"),
        ("utf-16", "utf-8", "Ünter"),
    ],
)
def test_a_page_may_say_its_encoding(parser: DocumentParser, name: str, encoding: str, text: str) -> None:
    """The declared encoding is used where the bytes are not UTF-8; its name is meant as browsers mean it."""
    page = f'<html><meta charset="{name}"><body>{text}</body></html>'.encode(encoding)

    assert parser.parse("page.html", page).blocks == (Block(text),)


@pytest.mark.parametrize("page", ["<div>" * 200_000, "<table><tr><td>" * 1_100, '<div title="<">' * 1_100])
def test_a_page_nested_without_end_is_refused(page: str) -> None:
    """At once: to parse one takes the square of its depth."""
    with pytest.raises(DocumentTooLarge, match="deeper than 1,000 levels"):
        html.read(page)


@pytest.mark.parametrize(
    "page",
    [
        "<ul>" + "<li>one<p>two<br>" * 2_000,
        "<svg>" + "<path d='M 0 0'/>" * 2_000 + "</svg>",
        "<script>" + "'<div>'+" * 2_000 + "</script>",
        "<!--" + "<div>" * 2_000 + "-->",
        "<div><b>x</b></div>" * 2_000,
    ],
    ids=["elements without an end", "a drawing", "a script", "a comment", "side by side"],
)
def test_many_elements_are_not_deep(page: str) -> None:
    """Only those that are open at once count."""
    assert html.read(page + "<p>End").blocks[-1].text.endswith("End")


@pytest.mark.parametrize("text", ["Hello <b>all</b><br>of you", "<!-- " + "x" * 70_000 + " --><p>Hello all<br>of you"])
def test_a_name_makes_a_page_of_text_with_tags(parser: DocumentParser, text: str) -> None:
    """Wherever the first of them stands."""
    assert parser.parse("a.html", text.encode()).blocks == (Block("Hello all\nof you"),)


def test_a_frame_that_holds_its_page_is_read() -> None:
    """In its place, as a browser shows it."""
    page = "Before<iframe srcdoc='&lt;p&gt;Within&lt;/p&gt;'>old</iframe>After<iframe src='b.html'>old</iframe>"

    assert html.read(page).blocks == (Block("Before\nWithin\nAfter"),)


@pytest.mark.parametrize("attribute", ["a{}", "a{}=x", "a{}='<b>'", 'a{} = "\'"'])
def test_attributes_beyond_the_first_hundreds_of_an_element_are_left_out(attribute: str) -> None:
    """A parser compares each with all before it, which takes seconds for some ten thousand."""
    attributes = [attribute.format(number) for number in range(1_000)]

    fewer = with_fewer_attributes(f"<p {' '.join(attributes)}>Hi</p><p title='a>b'>")

    assert fewer == f"<p {' '.join(attributes[:500])}>Hi</p><p title='a>b'>"
    assert html.read(f"<p {' '.join(attributes)}>Hi</p>").blocks == (Block("Hi"),)


@pytest.mark.parametrize(("name", "encoding"), [("utf-8", "utf-8"), ("gb2312", "gb18030")])
def test_a_broken_character_does_not_make_another_encoding(parser: DocumentParser, name: str, encoding: str) -> None:
    """Of a page that says its encoding; more of them show that it is another one."""
    text = "人人生而自由，在尊严和权利上一律平等。" * 10
    body = f'<html><meta charset="{name}"><body>{text}'.encode(encoding)

    assert parser.parse("a.html", body + b"\xff</body></html>").blocks == (Block(f"{text}\ufffd"),)


def test_sections_that_are_not_closed_reach_to_the_end() -> None:
    """And are looked through once."""
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><p>Text</p>" + "<![CDATA[" * 20_000

    assert html.read(page).blocks[0].text.startswith("Text")
