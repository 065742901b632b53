"""Mails in many parts: every text that a reader is shown, once, and in the encoding that it is in."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block

HEAD = "From: ann@example.com\r\nSubject: Trip\r\nMIME-Version: 1.0\r\n"
HEADERS = Block("Subject: Trip\nFrom: ann@example.com", heading="Trip")


def part(content: str, kind: str = "text/plain", more: str = "") -> str:
    return f"Content-Type: {kind}{more}\r\n\r\n{content}\r\n"


def multipart(kind: str, *parts: str, boundary: str = "B", declared: str = "") -> str:
    inner = "".join(f"--{boundary}\r\n{part}" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={declared or boundary}\r\n\r\n{inner}--{boundary}--\r\n"


def texts(parser: DocumentParser, body: str) -> list[str]:
    blocks = parser.parse("a.eml", (HEAD + body).encode()).blocks
    assert blocks[0].heading == "Trip"
    return [block.text for block in blocks[1:]]


def test_text_around_pictures_is_read_whole(parser: DocumentParser) -> None:
    """Programs part it there, and lists add a part of their own; an attached text is named and not read."""
    attached = part("data", more='\r\nContent-Disposition: attachment; filename="log.txt"')
    body = multipart("mixed", part("Before"), part("....", "image/png"), part("After"), part("", "text/html"), attached)

    blocks = parser.parse("a.eml", (HEAD + body).encode()).blocks

    assert blocks == (
        Block("Subject: Trip\nFrom: ann@example.com\nAttachment: log.txt", heading="Trip"),
        Block("Before", heading="Trip"),
        Block("After", heading="Trip"),
    )


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        ((part("Plain"), part("<p>Page</p>", "text/html")), ["Plain"]),
        ((part("<p>Page</p>", "text/html"), part("Plain")), ["Plain"]),
        ((part(" "), part("<p>Page</p>", "text/html")), ["Page"]),
        ((part(""), multipart("related", part("<p>Page</p>", "text/html"), part("x"), boundary="R")), ["Page"]),
        ((part("...", "image/png"),), []),
    ],
    ids=["plain first", "page first", "empty plain", "page with pictures", "picture"],
)
def test_of_alternatives_one_is_read(parser: DocumentParser, parts: tuple[str, ...], read: list[str]) -> None:
    """Plain text, unless it is there for form's sake only."""
    assert texts(parser, multipart("alternative", *parts)) == read


def test_a_boundary_may_lack_its_quotes(parser: DocumentParser) -> None:
    """Old programs wrote such mails, which would be read as headers only."""
    body = multipart("mixed", part("Hello"), boundary="----=_NextPart_0=1.2")
    folded = body.replace("mixed; ", "mixed;\r\n\t")

    assert [texts(parser, body), texts(parser, folded)] == [["Hello"], ["Hello"]]


def test_an_attached_mail_is_read_wherever_it_is_attached(parser: DocumentParser) -> None:
    """Within a signed mail too, whose parts are one level deeper."""
    inner = f"Content-Type: message/rfc822\r\n\r\n{HEAD.replace('Trip', 'Old')}\r\nIt rained.\r\n"
    body = multipart("signed", multipart("mixed", part("See below."), inner, boundary="M"), part("x", "app/x"))

    assert texts(parser, body) == ["See below.", "Subject: Old\nFrom: ann@example.com", "It rained."]


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1251", "us-ascii"])
def test_text_that_is_utf_8_is_read_as_such(parser: DocumentParser, charset: str) -> None:
    """Whatever else it is said to be, since nearly any bytes are text in those encodings."""
    assert texts(parser, part("Déjà vu", more=f"; charset={charset}")) == ["Déjà vu"]


def test_a_short_text_of_east_asia_is_what_it_says(parser: DocumentParser) -> None:
    """A few characters in two bytes each may be UTF-8 by accident."""
    content = "陇隆".encode("gb18030")
    assert content.decode("utf-8")

    body = (HEAD + part("####", more="; charset=gb2312")).encode().replace(b"####", content)

    assert parser.parse("a.eml", body).blocks == (HEADERS, Block("陇隆", heading="Trip"))


def test_a_header_that_nobody_would_read_is_cut(parser: DocumentParser) -> None:
    """Its mail is read all the same, and so is one of many parts."""
    readers = ", ".join(f"reader{number}@example.com" for number in range(20_000))
    body = f"To: {readers}\r\n{multipart('mixed', *[part('x')] * 2_000)}"

    blocks = parser.parse("a.eml", (HEAD + body).encode()).blocks

    assert blocks[0].text.startswith("Subject: Trip\nFrom: ann@example.com\nTo: reader0@example.com, reader1@")
    assert len(blocks[0].text) < 25_000
    assert [block.text for block in blocks[1:]] == ["x"] * 2_000
