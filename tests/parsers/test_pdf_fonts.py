"""PDF: fonts that say in another way than PDFium's own which characters their glyphs are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import pytest

from sluice.adapters.parsers import unicode_maps
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import NoTextLayer
from sluice.testing.pdfs import pdf

TEXT = "The pump starts at noon every day"
DESCENDANT = (
    b"<< /Type /Font /Subtype /%b /BaseFont /%b /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
    b"/Supplement 0 >> /DW 600 /FontDescriptor << /Type /FontDescriptor /FontName /%b /Flags 4 %b >> %b >>"
)


def document(codes: Sequence[int], *, inner: bytes, entries: bytes = b"", streams: Sequence[bytes] = ()) -> bytes:
    """Return a page that shows these glyphs; the streams are the objects from 20 on."""
    shown = b"".join(b"%04x" % code for code in codes)
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /F /Encoding /Identity-H /DescendantFonts [%b] %b >>"
    body = pdf("", font=font % (inner, entries), behind=b"BT /F1 12 Tf 50 700 Td <%b> Tj ET" % shown)
    objects = b"".join(
        b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream\nendobj\n"
        % (number, len(packed), packed)
        for number, packed in enumerate(map(zlib.compress, streams), 20)
    )
    return body.replace(b"xref\n0", objects + b"xref\n0", 1)


def inner(kind: bytes = b"CIDFontType0", name: bytes = b"Plain", file: bytes = b"", more: bytes = b"") -> bytes:
    return DESCENDANT % (kind, name, name, file, more)


NUMBERS = {letter: 0x100 + number for number, letter in enumerate(sorted(set(TEXT)))}
PAIRS = b"".join(b"<%04x><%04x>\n" % (number, ord(letter)) for letter, number in NUMBERS.items())


@pytest.mark.parametrize(
    "said",
    [
        b"1 beginbfchar\n%bendbfchar" % PAIRS,
        b"100 beginbfchar\n%bendbfchar" % PAIRS,
        b"%d beginbfchar\n%b<F0A8A780> <D862DDC0>\nendbfchar" % (len(NUMBERS) + 1, PAIRS),
        b"1 beginbfrange\n<0000> <0080> <0000>\n%bendbfrange"
        % b"".join(b"<%04x> <%04x> [<%04x>]\n" % (n, n, ord(letter)) for letter, n in NUMBERS.items()),
    ],
    ids=["more than announced", "fewer than announced", "a code of four bytes", "ranges beyond those announced"],
)  # fmt: skip
def test_a_map_that_is_not_quite_as_it_should_be_is_read(parser: DocumentParser, said: bytes) -> None:
    """Programs announce other numbers of entries than they write, and readers other than PDFium don't mind."""
    codes = [NUMBERS[letter] for letter in TEXT]

    body = document(codes, inner=inner(), entries=b"/ToUnicode 20 0 R", streams=[b"begincmap\n%b\nendcmap" % said])

    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


def test_a_range_of_more_than_a_code_page_is_read() -> None:
    """Its last byte starts anew, which PDFium does not allow."""
    read = unicode_maps.read(b"1 beginbfrange <0041> <0242> <0410> endbfrange")

    assert (read[0x41], read[0x142], len(read)) == ("А", "ԑ", 0x202)


def test_a_map_is_written_as_pdfium_reads_it() -> None:
    """In sections of a hundred."""
    characters = {code: "ﬁ" if code == 7 else chr(code + 0x400) for code in range(1, 151)}

    written = unicode_maps.written(characters)

    assert (written.count(b"100 beginbfchar"), written.count(b"50 beginbfchar")) == (1, 1)
    assert unicode_maps.read(written) == characters


def segments(codes: dict[int, int]) -> bytes:
    """Return a table of characters in format 4, a segment each."""
    firsts = [*sorted(codes), 0xFFFF]
    deltas = [(codes.get(code, 0) - code) & 0xFFFF for code in firsts]
    count = len(firsts)
    body = struct.pack(f">{count}HH{count}H{count}H{count}H", *firsts, 0, *firsts, *deltas, *[0] * count)
    return struct.pack(">HHHHHHH", 4, 14 + len(body), 0, 2 * count, 0, 0, 0) + body


def groups(codes: dict[int, int]) -> bytes:
    """Return a table of characters in format 12, a group each."""
    body = b"".join(struct.pack(">LLL", code, code, glyph) for code, glyph in sorted(codes.items()))
    return struct.pack(">HHLLL", 12, 0, 16 + len(body), 0, len(codes)) + body


def truetype(table: bytes) -> bytes:
    """Return a font that has nothing but a table of characters, for Unicode on Windows."""
    cmap = struct.pack(">HHHHL", 0, 1, 3, 1, 12) + table
    return struct.pack(">LHHHH4sLLL", 0x10000, 1, 0, 0, 0, b"cmap", 0, 28, len(cmap)) + cmap


GLYPHS = {ord(letter): 0x40 + number for number, letter in enumerate(sorted(set(TEXT)))}


@pytest.mark.parametrize("table", [segments(GLYPHS), groups(GLYPHS)], ids=["segments", "groups"])
@pytest.mark.parametrize("is_told", [False, True], ids=["without a map", "with one that repeats the numbers"])
def test_a_fonts_own_table_tells_its_characters(parser: DocumentParser, table: bytes, *, is_told: bool) -> None:
    """Where the text is written as numbers of its glyphs, which come out as letters too."""
    body = document(
        [GLYPHS[ord(letter)] for letter in TEXT],
        inner=inner(b"CIDFontType2", file=b"/FontFile2 20 0 R"),
        entries=b"/ToUnicode 21 0 R" if is_told else b"",
        streams=[truetype(table), b"1 beginbfrange\n<0000> <FFFF> <0000>\nendbfrange"],
    )

    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


def test_codes_may_be_mapped_to_glyphs(parser: DocumentParser) -> None:
    """By a list of two bytes a code."""
    glyphs = [0, *(GLYPHS[ord(letter)] for letter in TEXT)]
    body = document(
        range(1, len(glyphs)),
        inner=inner(b"CIDFontType2", file=b"/FontFile2 20 0 R", more=b"/CIDToGIDMap 21 0 R"),
        streams=[truetype(segments(GLYPHS)), struct.pack(f">{len(glyphs)}H", *glyphs)],
    )

    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


def test_glyphs_that_no_character_is_known_of_are_told(parser: DocumentParser) -> None:
    """They are not taken for the letters that their numbers are."""
    known = {code: glyph for code, glyph in GLYPHS.items() if chr(code) != "v"}
    body = document(
        [GLYPHS[ord(letter)] for letter in TEXT],
        inner=inner(b"CIDFontType2", file=b"/FontFile2 20 0 R"),
        streams=[truetype(segments(known))],
    )

    assert parser.parse("a.pdf", body).blocks == (Block(TEXT.replace("v", "\ufffd"), page=1),)


@pytest.mark.parametrize("name", [b"Arial,Bold", b"Times#20New#20Roman", b"ABCDEF+CourierNewPSMT"])
def test_fonts_of_windows_are_known(parser: DocumentParser, name: bytes) -> None:
    """They need not be in the file: their glyphs stand in one order."""
    codes = [179, *(ord(letter) - 29 for letter in TEXT), 180, 108, 227]

    body = document(codes, inner=inner(b"CIDFontType2", name))

    assert parser.parse("a.pdf", body).blocks == (Block(f"“{TEXT}”äł", page=1),)


def test_other_fonts_that_are_not_there_are_not_known(parser: DocumentParser) -> None:
    """Their glyphs may stand in any order."""
    with pytest.raises(NoTextLayer, match="fonts don't say which characters"):
        parser.parse("a.pdf", document([ord(letter) - 29 for letter in TEXT], inner=inner(b"CIDFontType2")))


DRAWN = sorted(set(TEXT))


def drawn_font(*, first: int) -> bytes:
    """Return a font of type 3, whose codes are numbered from there as its letters come."""
    names = " ".join(f"/{'space' if letter == ' ' else letter}" for letter in DRAWN)
    return (
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [0.01 0 0 0.01 0 0] /CharProcs << >> "
        f"/Encoding << /Differences [{first} {names}] >> /FirstChar {first} /LastChar {first + 39} "
        f"/Widths [{'60 ' * 40}] >>"
    ).encode()


def test_drawn_glyphs_are_read_by_their_names(parser: DocumentParser) -> None:
    """In a font of type 3."""
    shown = "".join(f"{DRAWN.index(letter) + 1:02x}" for letter in TEXT)

    body = pdf("", font=drawn_font(first=1), behind=f"BT /F1 12 Tf 50 700 Td <{shown}> Tj ET".encode())

    assert parser.parse("a.pdf", body).blocks == (Block(TEXT, page=1),)


@pytest.mark.parametrize("font", [b"", b"\0\1\0\0", truetype(b"\0\4\0\0"), truetype(segments(GLYPHS))[:60]])
def test_a_broken_font_changes_nothing(parser: DocumentParser, font: bytes) -> None:
    """Its page is still told to be without text that can be read."""
    body = document(
        [GLYPHS[ord(letter)] + 0x1C0 for letter in TEXT],
        inner=inner(b"CIDFontType2", file=b"/FontFile2 20 0 R"),
        streams=[font],
    )

    with pytest.raises(NoTextLayer, match="fonts don't say which characters"):
        parser.parse("a.pdf", body)


def test_one_page_of_many_is_mended_by_itself(parser: DocumentParser) -> None:
    """To write all of a large document would take long; the page stays where it is."""
    shown = "".join(chr(33 + DRAWN.index(letter)) for letter in f"{TEXT} {TEXT}")

    body = pdf(*[""] * 18, shown, "", font=drawn_font(first=33))

    assert parser.parse("a.pdf", body).blocks == (Block(f"{TEXT} {TEXT}", page=19),)
