"""Kinds are decided by content, limits hold, and nothing that the store refuses comes out."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from sluice.adapters.parsers.cleaning import clean
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument, UnsupportedKind
from sluice.testing.pdfs import pdf


def archive(*names: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return body.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("a.zip", archive("a.txt"), "a ZIP archive"),
        ("a.odb", archive("mimetype"), "an OpenDocument file other than a text, slides, a drawing or sheets"),
        ("a.md", b"\x89PNG\r\n\x1a\n....", "a PNG image"),
        ("a.txt", gzip.compress(b"text"), "gzip"),
        ("a.txt", b"<?xml version='1.0'?><a/>", "XML"),
        ("a.txt", b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + bytes(248) + b"text", "a tar archive"),
        ("a.txt", b"BM" + bytes(12) + b"\x28" + bytes(40), "a BMP image"),
        ("a.txt", b"\xff\xfb\x90\x64" + b"\xaa" * 400, "an audio file"),
        ("a.txt", b"\xfd7zXZ\0" + bytes(40), "xz"),
    ],
    ids=["zip", "odb", "png", "gzip", "xml", "tar", "bmp", "mp3", "xz"],
)
def test_other_kinds_are_refused_by_name(parser: DocumentParser, name: str, body: bytes, kind: str) -> None:
    """The refusal says what the file is and what to send instead."""
    with pytest.raises(UnsupportedKind, match=f"^This file is {kind}, which is not supported; send PDF, DOCX"):
        parser.parse(name, body)


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("a.pdf", b"{\\rtf1 text}", "rtf"),
        ("a.txt", b'{"a": [1, 2]}', "json"),
        ("a.csv", b"a,b\n1,2\n", "csv"),
        ("a.txt", b"From: a@b.c\r\nTo: d@e.f\r\nSubject: Hi\r\n\r\nText", "eml"),
        ("a.csv", b"<!doctype html><p>Text", "html"),
        ("a.docx", pdf("Text"), "pdf"),
        ("a.docx", b"An answer of a server\r\n\r\n" + pdf("Text"), "pdf"),
        ("a.txt", b"A PDF begins with %PDF-1.7, and BMW with a B.", "text"),
    ],
    ids=["rtf", "json", "csv", "eml", "html", "pdf", "pdf behind something", "about pdf"],
)
def test_kinds_are_told_by_content(parser: DocumentParser, name: str, body: bytes, kind: str) -> None:
    """A wrong name misleads nobody."""
    assert parser.parse(name, body).kind == kind


@pytest.mark.parametrize(
    "body", [b"", b" \n\t ", b"\xef\xbb\xbf\n", b"<html><body></body></html>", b"\x00\x00", b"\xe2\x80\x8b"]
)
def test_nothing_is_an_empty_document(parser: DocumentParser, body: bytes) -> None:
    """No bytes, white space or markup alone hold no text."""
    with pytest.raises((EmptyDocument, UnsupportedKind)):
        parser.parse("empty.txt", body)


def test_text_may_be_filled_up_with_nuls(parser: DocumentParser) -> None:
    """As logs are whose writer was switched off."""
    assert parser.parse("a.log", b"The last line.\n" + bytes(300)).blocks == (Block("The last line."),)


def test_text_that_was_lost_before_is_damaged(parser: DocumentParser) -> None:
    """A sign here and there is no harm; text of little else can't answer anything."""
    assert parser.parse("a.txt", "A caf\ufffd in a long sentence".encode()).kind == "text"
    with pytest.raises(DamagedDocument, match="lost before"):
        parser.parse("a.txt", "\ufffd8$DM\ufffdq\ufffd|\ufffd\ufffd".encode())


def test_a_cut_off_archive_is_damaged(parser: DocumentParser) -> None:
    """Half of an Office document is not merely another kind."""
    body = archive("word/document.xml")

    with pytest.raises(DamagedDocument):
        parser.parse("half.docx", body[: len(body) // 2])


def test_limits_name_what_was_exceeded() -> None:
    """Bytes are checked before reading, characters after."""
    parser = DocumentParser(Limits(bytes=100, characters=50))

    with pytest.raises(DocumentTooLarge, match="101 bytes; at most 100"):
        parser.parse("a.txt", b"x" * 101)
    with pytest.raises(DocumentTooLarge, match="60 characters; at most 50"):
        parser.parse("a.txt", b"x" * 60)


def test_text_is_cleaned() -> None:
    """No NUL, control character or lone surrogate survives, and line ends are one kind."""
    assert clean("a\r\nb\rc\x0cd\x00\x1b\ud800e \ud83d\ude00\ufeff  \n\n\n\nf\tg") == "a\nb\nc\nde 😀\n\nf\tg"


def test_markdown_is_told_by_name_or_headings(parser: DocumentParser) -> None:
    """Markdown is plain text: the name decides, and headings where the name says nothing."""
    kinds = [parser.parse(name, b"# Title\n\nText").kind for name in ("a.md", "README", "a.txt", "run.py")]

    assert kinds == ["markdown", "markdown", "text", "text"]
