"""PDF: words that are written from the right to the left come in the order in which they are read."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.adapters.parsers.right_to_left import marks_behind
from sluice.domain import Block
from sluice.testing.pdfs import pdf

CHARACTERS = {"s": "س", "l": "لا", "m": "م", "w": "سلام", "a": "اَ", "S": "ש", "L": "ל", "V": "ו", "M": "ם"}


def written(shown: str, entries: bytes = b"") -> bytes:
    """Return a PDF that shows these letters of a font in which they stand for others."""
    lines = (f"<{ord(code):02x}> <{said.encode('utf-16-be').hex()}>\n" for code, said in CHARACTERS.items())
    names = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff>"
    table = f"{names} endcodespacerange {len(CHARACTERS)} beginbfchar\n{''.join(lines)}endbfchar endcmap end end"
    stream = f"20 0 obj\n<< /Length {len(table)} >>\nstream\n{table}\nendstream\nendobj\n"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 20 0 R >>"
    body = pdf("", font=font, behind=f"BT /F1 12 Tf {shown} ET".encode(), entries=entries)
    return body.replace(b"xref\n0", stream.encode() + b"xref\n0", 1)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("1 0 0 1 50 700 Tm (mls) Tj", "سلام"),
        ("1 0 0 1 50 700 Tm (w mls) Tj", "سلام سلام"),
        ("1 0 0 1 50 700 Tm (w) Tj", "سلام"),
        ("1 0 0 1 62.7 700 Tm (s) Tj 1 0 0 1 60 700 Tm (l) Tj 1 0 0 1 50 700 Tm (m) Tj", "سلام"),
        ("1 0 0 1 90 700 Tm [(s) 1200 (l) 1200 (m)] TJ", "سلام"),
        ("1 0 0 1 50 700 Tm (ma) Tj", "اَم"),
        ("1 0 0 1 50 700 Tm (MVLS) Tj", "שלום"),
        ("0 1 -1 0 50 100 Tm (mls) Tj", "سلام"),
        ("-1 0 0 -1 300 700 Tm (mls) Tj", "سلام"),
    ],
    ids=[
        "lam with alef", "two words", "a word as one glyph", "letter by letter", "backwards", "a letter with its mark",
        "Hebrew", "turned by 90 degrees", "upside down",
    ],
)  # fmt: skip
def test_words_are_in_order(parser: DocumentParser, shown: str, text: str) -> None:
    """However many letters a glyph stands for, and however it is turned."""
    assert parser.parse("a.pdf", written(shown)).blocks == (Block(text, page=1),)


@pytest.mark.parametrize(
    ("parted", "whole"),
    [("أي ًضا إلى", "أيضًا إلى"), ("بنا ًء على", "بناءً على"), ("كتابا ًجديدا", "كتابا ًجديدا"), ("جدا ً و", "جدا ً و")],
    ids=["before an alef", "at the end", "of the word before", "alone"],
)
def test_a_sign_over_a_broad_letter_does_not_part_a_word(parted: str, whole: str) -> None:
    """It is taken for the next word where its letter ends that, and stays where it may be of the one before."""
    assert marks_behind(parted) == whole
