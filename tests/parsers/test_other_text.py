"""CSV, JSON, mail and RTF: readable, with the names that their values stand under."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument, DocumentTooLarge


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("name;price\nTea;3\n", "name, price"),
        ('"first name",city\nAda,"Paris, France"\n', "first name, city"),
        ("name,price\n", None),
        ("1,2\n3,4\n", None),
        ("just one\ncolumn\n", None),
        ("name,text\n1,two\0\n", "name, text"),
    ],
)
def test_a_table_keeps_its_rows_and_names_its_columns(parser: DocumentParser, text: str, columns: str | None) -> None:
    """The rows stay as they were written; the first names the columns where it is a header."""
    assert parser.parse("a.csv", text.encode()).blocks == (Block(text.replace("\0", "").strip(), heading=columns),)


def test_a_line_for_excel_is_no_row(parser: DocumentParser) -> None:
    """It says what parts the columns, and names none."""
    assert parser.parse("a.csv", b"sep=;\r\na;b\r\n1;2\r\n").blocks == (Block("a;b\n1;2", heading="a, b"),)


def test_json_is_read_as_names_and_values(parser: DocumentParser) -> None:
    """A block for each member of the outermost object."""
    body = b'{"title": "Tea", "prices": [1, 2.5], "maker": {"city": "K\\u00f6ln", "since": null}, "tags": []}'

    parsed = parser.parse("a.json", body)

    assert (parsed.kind, parsed.title) == ("json", "Tea")
    assert [block.text for block in parsed.blocks] == [
        "title: Tea",
        "prices:\n  - 1\n  - 2.5",
        "maker:\n  city: Köln\n  since: null",
        "tags: []",
    ]


@pytest.mark.parametrize("body", [b'[{"a": 1}, {"a": 2}]', b'{"a": 1}\n\n{"a": 2}\n'], ids=["array", "lines"])
def test_json_has_a_block_a_record(parser: DocumentParser, body: bytes) -> None:
    """An array and JSON Lines are the same."""
    assert [block.text for block in parser.parse("a.json", body).blocks] == ["a: 1", "a: 2"]


def test_json_keeps_what_its_author_wrote(parser: DocumentParser) -> None:
    """Numbers to the last digit, however long, and each value of a name that is there twice."""
    number = b"9" * 5_000

    parsed = parser.parse("a.json", b'{"version": 1.10, "far": 1e400, "long": %b, "to": "a", "to": "b"}' % number)

    assert [block.text for block in parsed.blocks] == [
        "version: 1.10",
        "far: 1e400",
        f"long: {number.decode()}",
        "to:\n  - a\n  - b",
    ]


def test_a_line_of_json_may_hold_unicode_line_ends(parser: DocumentParser) -> None:
    """Only line feeds and carriage returns part records."""
    body = '{"a": "one\u2028two"}\r\n{"a": "x\x85y"}\r\n'.encode()

    assert [block.text for block in parser.parse("a.jsonl", body).blocks] == ["a: one\ntwo", "a: x\ny"]


@pytest.mark.parametrize("text", ["[1]\nA note, and its source.", '{"a": 1}\nis an example of JSON.'])
def test_text_may_begin_like_json(parser: DocumentParser, text: str) -> None:
    """It is damaged JSON only by its name."""
    assert parser.parse("a.txt", text.encode()).blocks == (Block(text),)
    with pytest.raises(DamagedDocument):
        parser.parse("a.json", text.encode())


def test_deep_json_is_refused() -> None:
    """Before Python's own stack ends, and where that ends first."""
    with pytest.raises(DocumentTooLarge, match="deeper than 5"):
        DocumentParser(Limits(nesting=5)).parse("a.json", b"[" * 8 + b"1" + b"]" * 8)
    with pytest.raises(DocumentTooLarge):
        DocumentParser().parse("a.json", b"[" * 200_000 + b"]" * 200_000)


def test_broken_json_lines_are_damaged(parser: DocumentParser) -> None:
    """A file whose beginning is JSON and whose end is not."""
    with pytest.raises(DamagedDocument, match="not valid"):
        parser.parse("a.jsonl", b'{"a": 1}\n{"a": ')


def test_few_broken_json_lines_are_text(parser: DocumentParser) -> None:
    """Such as one that was mixed up with another."""
    body = b'{"a": 1}\n' * 9 + b'{"a": {"a": 2}\n' + b'{"a": 3}\n' * 2

    assert [block.text for block in parser.parse("a.jsonl", body).blocks] == [
        *["a: 1"] * 9, '{"a": {"a": 2}', *["a: 3"] * 2
    ]  # fmt: skip


def test_json_texts_may_be_parted_by_a_sign(parser: DocumentParser) -> None:
    """As in JSON text sequences (RFC 7464)."""
    blocks = parser.parse("a.json", b'\x1e{"a": "one"}\n\x1e{"a": "two"}\n').blocks

    assert blocks == (Block("a: one"), Block("a: two"))


def test_a_string_is_json_by_its_name(parser: DocumentParser) -> None:
    """With its escapes resolved; under another name it is a text in quotes."""
    assert parser.parse("a.json", rb'"\u00e9t\u00e9"').blocks == (Block("été"),)
    assert parser.parse("a.txt", rb'"\u00e9t\u00e9"').blocks == (Block(r'"\u00e9t\u00e9"'),)


MAIL = b"""From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r
To: a@example.com\r
Subject: Re: the =?iso-8859-1?q?caf=E9?=\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=B\r
\r
--B\r
Content-Type: multipart/alternative; boundary=A\r
\r
--A\r
Content-Type: text/plain; charset=windows-1252\r
\r
It costs 5 \x80.\r
--A\r
Content-Type: text/html\r
\r
<p>It costs 5 &euro;.</p>\r
--A--\r
--B\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename=bill.pdf\r
\r
%PDF-1.4 x\r
--B\r
Content-Type: message/rfc822\r
\r
Subject: Before\r
From: b@example.com\r
\r
Inner text.\r
--B--\r
"""


def test_a_mail_is_its_headers_its_text_and_the_mails_in_it(parser: DocumentParser) -> None:
    """The plain text where there are two, its attachments by name, everything under the subject."""
    parsed = parser.parse("a.txt", MAIL)

    assert (parsed.kind, parsed.title) == ("eml", "Re: the café")
    assert parsed.blocks == (
        Block(
            "Subject: Re: the café\nFrom: Jürgen <j@example.com>\nTo: a@example.com\nAttachment: bill.pdf (not read)",
            heading="Re: the café",
        ),
        Block("It costs 5 €.", heading="Re: the café"),
        Block("Subject: Before\nFrom: b@example.com", heading="Before"),
        Block("Inner text.", heading="Before"),
    )


def test_a_mailbox_is_all_its_mails(parser: DocumentParser) -> None:
    """Each under its own subject; a line within a text that begins like the next mail parts nothing."""
    envelope = b"From a@b.c Mon Jan  5 10:00:00 2026\n"
    mail = envelope + b"X-Labels: all\nFrom: a@b.c\nTo: d@e.f\nSubject: %b\n\n%b\nFrom then on.\n\n"

    parsed = parser.parse("a.mbox", mail % (b"One", b"First.") + mail % (b"Two", b"Second."))

    assert (parsed.kind, parsed.title) == ("eml", None)
    assert parsed.blocks == (
        Block("Subject: One\nFrom: a@b.c\nTo: d@e.f", heading="One"),
        Block("First.\nFrom then on.", heading="One"),
        Block("Subject: Two\nFrom: a@b.c\nTo: d@e.f", heading="Two"),
        Block("Second.\nFrom then on.", heading="Two"),
    )


def test_a_mail_of_a_mailbox_needs_no_other_header(parser: DocumentParser) -> None:
    """The line before it says what it is."""
    body = b"From a@b.c Mon Jan  5 10:00:00 2026\nContent-Type: text/html; charset=utf-8\n\n<p>Ol\xc3\xa1</p>\n"

    assert parser.parse("a.mbox", body).blocks == (Block("Olá"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_mail_may_hold_any_encoding(parser: DocumentParser, encoding: str) -> None:
    """Undeclared, in its headers and its text, as programs write it to a file."""
    words = "Größe und Länge der Straße"
    body = f"Subject: {words}\nFrom: a@b.c\nTo: d@e.f\n\n{words}\n".encode(encoding)

    assert parser.parse("a.txt", body).blocks == (
        Block(f"Subject: {words}\nFrom: a@b.c\nTo: d@e.f", heading=words),
        Block(words, heading=words),
    )


@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "windows-1252", "no-such"])
def test_a_mail_may_be_wrong_about_its_encoding(parser: DocumentParser, charset: str) -> None:
    """Programs that name the standard mean Windows' superset of it, and others name anything."""
    words = "It costs 5 €, as “everybody” knows – and more for naïve customers at the café."
    body = f"Subject: x\nContent-Type: text/plain; charset={charset}\n\n{words}\n".encode("cp1252")

    assert parser.parse("a.eml", body).blocks[1] == Block(words, heading="x")


def test_one_header_makes_a_mail_by_its_name(parser: DocumentParser) -> None:
    """Its text would stay encoded otherwise; under another name it is text."""
    body = b"Subject: =?utf-8?q?Ol=C3=A1?=\nContent-Transfer-Encoding: base64\n\nQm9t\n"

    assert parser.parse("a.eml", body).blocks == (Block("Subject: Olá", heading="Olá"), Block("Bom", heading="Olá"))
    assert parser.parse("a.txt", body).kind == "text"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 It\'92s {\b bold}\par New\tab line\~here}", "It’s bold\nNew\tline here"),
        (rb"{\rtf1{\fonttbl{\f0\fcharset204 Arial;}}\f0 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1{\fonttbl{\f0\fcharset128 Gothic;}}\f0 \'93\'fa\'96\'7b\'83g}", "日本ト"),
        (rb"{\rtf1\mac\ansicpg10001{\fonttbl{\f0\fcharset78 Hira;}}\f0 \'93\'fa\'96\'7b \f1 \'82\'b3}", "日本 さ"),
        (rb"{\rtf1\ansicpg10007 \'8f\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1\uc1 \u8364 ?5 \u-10179 ?\u-8704 ?}", "€5 😀"),
        (rb"{\rtf1{\info{\title A title}}{\*\generator X;}{\pict\bin3 }}}}Text}", "Text"),
        (rb"{\rtf1 a\cell b\cell\row c\cell d\cell\row}", "a | b\nc | d"),
        (rb"{\rtf1 \{braces\} \\ \emdash}", "{braces} \\ —"),
        (rb"{\rtf1{\stylesheet{\*\cs7 Strong;}}\pard{\b0\*\cs7\f0 Styled}}", "Styled"),
        (rb"{\rtf1 Shown{\v hidden} and\v hidden\v0  shown{\deleted hidden}}", "Shown and shown"),
        (rb"{\rtf1 Text{\footnote Note}.}", "Text Note."),
        ("{\\rtf1 caf\u00e9, \u4f60\\'e9}".encode(), "café, 你é"),
    ],
    ids=[
        "western",
        "cyrillic",
        "japanese",
        "japanese of a Mac",
        "cyrillic of a Mac",
        "unicode",
        "pictures",
        "table",
        "symbols",
        "style",
        "hidden",
        "note",
        "utf-8",
    ],
)
def test_rtf_is_read_in_the_alphabet_of_its_fonts(parser: DocumentParser, body: bytes, text: str) -> None:
    """What is not shown is left out, and no byte is read in another's code page."""
    assert "\n".join(block.text for block in parser.parse("a.rtf", body).blocks) == text


def test_rtf_that_is_cut_off_is_damaged(parser: DocumentParser) -> None:
    """Half of a file would pass for a whole one."""
    with pytest.raises(DamagedDocument, match="cut off"):
        parser.parse("a.rtf", rb"{\rtf1 Some {\b text")


def test_rtf_in_an_unknown_code_page_is_refused(parser: DocumentParser) -> None:
    """Rather than read in another one; what is ASCII is that in all of them."""
    with pytest.raises(DamagedDocument, match="written in cp12345, which is not known"):
        parser.parse("a.rtf", rb"{\rtf1\ansicpg12345 Caf\'82}")
    assert parser.parse("a.rtf", rb"{\rtf1\ansicpg12345 Cafe}").blocks == (Block("Cafe"),)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (r"{\header Ann & Co\par 7\par}Text\par{\footer{\b Ann & Co}}", ["Text", "Ann & Co"]),
        (r"{\header Letter}\par", ["Letter"]),
        (r"Text{\*\atnid A}{\*\annotation{\*\atnref 1}Really?\par}\par", ["Text\n\nComment: Really?"]),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt Box\par}}{\shprslt{\*\do{\dptxbxtext Box}}}}", ["Box"]),
        (r"{\*\do\dptxbx{\dptxbxtext Old box}}", ["Old box"]),
        (r"{\object{\*\objdata 0105}{\result Shown}}", ["Shown"]),
        (r"{\list{\listlevel{\leveltext \'02\'00.}}{\listname List1;}}Text", ["Text"]),
    ],
    ids=["header and footer", "header alone", "remark", "box", "old box", "object", "list"],
)
def test_rtf_has_text_beside_its_text(parser: DocumentParser, content: str, texts: list[str]) -> None:
    """Each is read once, as it is shown."""
    parsed = parser.parse("a.rtf", rf"{{\rtf1 {content}}}".encode())

    assert [block.text for block in parsed.blocks] == texts


def test_rtf_ends_with_its_outermost_group(parser: DocumentParser) -> None:
    """What stands behind it is none of the document; what a program of another system wrote is in its code page."""
    assert parser.parse("a.rtf", rb"{\rtf1\pc Caf\'82\par}" + b"\0\xff{garbage").blocks == (Block("Café"),)
    assert parser.parse("a.rtf", rb"{\rtf1\pca Caf\'82\par}").blocks == (Block("Café"),)
