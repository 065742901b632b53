"""Mails in many parts: every text that a reader is shown, once, and in the encoding that it is in."""

from __future__ import annotations

import base64

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DocumentTooLarge, EmptyDocument, EncryptedDocument
from tests.parsers.making import docx, paragraph

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
    """Programs part it there, and lists add a part of their own."""
    body = multipart("mixed", part("Before"), part("....", "image/png"), part("After"), part("", "text/html"))

    blocks = parser.parse("a.eml", (HEAD + body).encode()).blocks

    assert blocks == (
        HEADERS,
        Block("Before", heading="Trip"),
        Block("After", heading="Trip"),
    )


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        ((part("Plain"), part("<p>Plain</p>", "text/html")), ["Plain"]),
        ((part("<p>Plain!</p>", "text/html"), part("Plain")), ["Plain"]),
        ((part(" "), part("<p>Page</p>", "text/html")), ["Page"]),
        ((part(""), multipart("related", part("<p>Page</p>", "text/html"), part("x"), boundary="R")), ["Page"]),
        ((part("...", "image/png"),), []),
        (
            (part("See the page."), part("<p>All that a page has to say.</p>", "text/html")),
            ["All that a page has to say."],
        ),
        ((part("Come at ten."), part("<p>Never mind me.</p>", "text/html")), ["Come at ten.", "Never mind me."]),
    ],
    ids=["plain first", "page first", "empty plain", "with pictures", "picture", "plain tells of page", "other words"],
)
def test_of_alternatives_one_is_read(parser: DocumentParser, parts: tuple[str, ...], read: list[str]) -> None:
    """Plain text, unless it is there for form's sake only; the page too where most of its words are others."""
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


def attached(name: str, content: bytes, kind: str = "application/octet-stream") -> str:
    more = f'\r\nContent-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64'
    return part(base64.encodebytes(content).decode(), kind, more)


def test_documents_that_are_attached_are_read(parser: DocumentParser) -> None:
    """Each under its name, however deep it lies; what can't be read is named as such."""
    bundled = multipart(
        "mixed", attached("plan.docx", docx(paragraph("By train", "H1") + paragraph("At nine."))), boundary="I"
    )
    mail = attached("old.eml", f"{HEAD.replace('Trip', 'Old')}\r\nIt rained.\r\n".encode())
    more = (attached("log.txt", b"sunny", "text/plain"), attached("me.png", b"\x89PNG"), mail, bundled)

    blocks = parser.parse("a.eml", (HEAD + multipart("mixed", part("See below."), *more)).encode()).blocks

    names = "Attachment: log.txt\nAttachment: me.png (not read)\nAttachment: old.eml\nAttachment: plan.docx"
    assert blocks == (
        Block(f"Subject: Trip\nFrom: ann@example.com\n{names}", heading="Trip"),
        Block("See below.", heading="Trip"),
        Block("sunny", heading="Trip > log.txt"),
        Block("Subject: Old\nFrom: ann@example.com", heading="Trip > old.eml > Old"),
        Block("It rained.", heading="Trip > old.eml > Old"),
        Block("By train\n\nAt nine.", heading="Trip > plan.docx > By train"),
    )


def test_mails_attached_to_mails_end_somewhere(parser: DocumentParser) -> None:
    """Files within files too: the innermost are named and not read."""
    body = f"{HEAD}\r\nInnermost\r\n"
    for _ in range(10):
        body = HEAD + multipart("mixed", part("See below."), attached("in.eml", body.encode()))

    blocks = parser.parse("a.eml", body.encode()).blocks

    assert blocks[-2].text == "Subject: Trip\nFrom: ann@example.com\nAttachment: in.eml (not read)"


def test_the_only_text_may_be_marked_as_attached(parser: DocumentParser) -> None:
    """It is what the sender wrote; its name is told, as that of an attached mail is."""
    named = '\r\nContent-Disposition: attachment; filename="{}"'
    inner = part(f"{HEAD}\r\nIt rained.", "message/rfc822", named.format("old.eml"))
    body = multipart("mixed", part("Hello", more=named.format("msg.txt")), inner)

    blocks = parser.parse("a.eml", (HEAD + body).encode()).blocks

    names = "Attachment: msg.txt\nAttachment: old.eml"
    assert [block.text for block in blocks] == [f"{HEADERS.text}\n{names}", "Hello", HEADERS.text, "It rained."]


def test_a_mail_of_attachments_that_cannot_be_read_is_empty(parser: DocumentParser) -> None:
    """One without any says in its subject what it has to say."""
    with pytest.raises(EmptyDocument, match=r"none that can be read is attached to it \(me\.png\)"):
        parser.parse("a.eml", (HEAD + multipart("mixed", attached("me.png", b"\x89PNG", "image/png"))).encode())

    assert parser.parse("a.eml", f"{HEAD}\r\n".encode()).blocks == (HEADERS,)


@pytest.mark.parametrize(
    "body",
    [
        multipart("encrypted", part("Version: 1", "application/pgp-encrypted"), part("x", "application/octet-stream")),
        part("MIAGCSqGSIb3DQEHA6CA", "application/pkcs7-mime", "; smime-type=enveloped-data"),
        part("MIAGCSqGSIb3DQEHA6CA", "application/x-pkcs7-mime", '; name="smime.p7m"'),
        multipart("mixed", multipart("encrypted", part("Version: 1", "application/pgp-encrypted"), boundary="I")),
        part("-----BEGIN PGP MESSAGE-----\r\n\r\nabc"),
    ],
    ids=["PGP/MIME", "S/MIME", "S/MIME by its name", "PGP/MIME within a list's mail", "PGP"],
)
def test_an_encrypted_mail_is_refused(parser: DocumentParser, body: str) -> None:
    """With a word on what to do, and not by its headers alone."""
    with pytest.raises(EncryptedDocument, match="upload its text"):
        parser.parse("a.eml", (HEAD + body).encode())


def test_an_encrypted_mail_of_a_mailbox_is_named(parser: DocumentParser) -> None:
    """The others are read; and a mail that only quotes another's armour is not encrypted."""
    envelope = "From ann@example.com Mon Jan  1 10:00:00 2024\n"
    secret, quoting = "-----BEGIN PGP MESSAGE-----\n\nabc\n\n", "> -----BEGIN PGP MESSAGE-----\n\nWhat is this?\n"
    body = "".join(f"{envelope}{HEAD}\r\n{text}" for text in (secret, quoting)).replace("\r\n", "\n")

    assert parser.parse("a.mbox", body.encode()).blocks == (
        Block("Subject: Trip\nFrom: ann@example.com\nEncrypted: not read", heading="Trip"),
        HEADERS,
        Block("> -----BEGIN PGP MESSAGE-----\n\nWhat is this?", heading="Trip"),
    )


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (part("<bold>Bold</bold> 1 << 2", "text/enriched"), "Bold 1 < 2"),
        (part("SUMMARY:Lunch", "text/calendar"), "SUMMARY:Lunch"),
        (part(r"{\rtf1 Rich\par}", "text/rtf"), "Rich"),
        (
            part("A long \r\nline\r\n> of \r\n> Ann\r\n-- \r\nBob", more="; format=flowed"),
            "A long line\n> of Ann\n--\nBob",
        ),
        (part("Donau \r\nschiff", more="; format=flowed; delsp=yes"), "Donauschiff"),
        (multipart("mixed", part("No boundary"), declared="Z"), "No boundary"),
        ("Content-Type: multipart/mixed\r\n\r\nNo parts", "No parts"),
        (f"Content-Type: message/rfc822\r\n\r\n{HEAD}\r\nForwarded", "Forwarded"),
    ],
    ids=["enriched", "calendar", "RTF", "flowed", "flowed in words", "wrong boundary", "no boundary", "forwarded"],
)
def test_text_comes_in_many_forms(parser: DocumentParser, body: str, read: str) -> None:
    """All of them are read."""
    assert texts(parser, body)[-1] == read


def test_an_attached_mail_may_be_packed(parser: DocumentParser) -> None:
    """Against the standard; what is not is read as it stands."""
    packed = base64.encodebytes(f"{HEAD.replace('Trip', 'Old')}\r\nIt rained.\r\n".encode()).decode()
    inner = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}\r\n"

    read = texts(parser, multipart("mixed", part("See below."), inner))

    assert read == ["See below.", "Subject: Old\nFrom: ann@example.com", "It rained."]


def test_why_a_mail_was_not_delivered_is_read(parser: DocumentParser) -> None:
    """It is all that some servers write."""
    status = part("Status: 5.1.1\r\n\r\nFinal-Recipient: rfc822; bob@example.com", "message/delivery-status")

    [text] = texts(parser, multipart("report", status))

    assert text.split() == ["Status:", "5.1.1", "Final-Recipient:", "rfc822;", "bob@example.com"]


def test_a_page_saved_as_a_mail_needs_no_name(parser: DocumentParser) -> None:
    """Word saves one as `.doc`, whose pages part no frames."""
    frames, page = part("<frameset><frame src=b></frameset>", "text/html"), part("<p>Framed</p>", "text/html")
    body = "MIME-Version: 1.0\r\n" + multipart("related", frames, page)

    assert parser.parse("a.doc", body.encode()).blocks == (Block("Framed"),)


def test_a_mail_of_more_parts_than_programs_write_is_refused(parser: DocumentParser) -> None:
    """At once: each part takes time, even an empty one."""
    body = f"{HEAD}Content-Type: multipart/mixed; boundary=B\r\n\r\n" + "--B\r\n\r\n" * 100_000

    with pytest.raises(DocumentTooLarge, match="more than 10,000 parts"):
        parser.parse("a.eml", body.encode())


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


@pytest.mark.parametrize(
    "header",
    [
        "To: undisclosed:; (no names)",
        "Cc: a@[ ",
        'Cc: "',
        "Message-ID: a b: c@d, ;",
        'Content-Type: text/plain; name*0*=a; name*1=b; charset*="',
        "Content-Disposition: inline; filename*=''; filename*0*=\"",
    ],
)
def test_headers_that_the_library_fails_on_cost_no_text(parser: DocumentParser, header: str) -> None:
    """Its parser has mistakes of its own, which are not the mail's."""
    assert texts(parser, f"{header}\r\n\r\nWords\r\n") == ["Words"]


def test_blanks_may_stand_before_a_mail(parser: DocumentParser) -> None:
    """As in what Google's mail gave as the original."""
    body = " " * 160 + "\r\n" + HEAD + "To: bob@example.com\r\n\r\nWords\r\n"

    parsed = parser.parse("a.txt", body.encode())

    assert (parsed.kind, parsed.blocks[1:]) == ("eml", (Block("Words", heading="Trip"),))


@pytest.mark.parametrize("charset", ["iso-8859-1", "x-unknown"])
def test_an_encoded_word_may_hold_letters_as_they_are(parser: DocumentParser, charset: str) -> None:
    """Eudora wrote so; in an unknown encoding they stay what they are."""
    body = f"Subject: =?{charset}?Q?J\xfcrgen=20S.?=\r\nFrom: a@b\r\nTo: c@d\r\n\r\nWords\r\n".encode("latin-1")

    title = parser.parse("a.eml", body).title

    assert title == {"iso-8859-1": "Jürgen S."}.get(charset, "=?x-unknown?Q?Jürgen=20S.?=")
