"""PDF: text by page, and a reason in words for every file that has none."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument, NoTextLayer
from sluice.testing.pdfs import SCAN, pdf


def test_each_page_is_a_block(parser: DocumentParser) -> None:
    """Pages count from 1, and a blank one among others is left out without moving the rest."""
    assert parser.parse("report.pdf", pdf("First page", "", "Third (page)")) == ParsedDocument(
        "pdf", (Block("First page", page=1), Block("Third (page)", page=3)), pages=3
    )


def test_the_kind_is_decided_by_content(parser: DocumentParser) -> None:
    """A PDF under a text file's name is a PDF."""
    assert parser.parse("notes.md", pdf("Really a PDF")).kind == "pdf"


def test_scanned_pages_are_told(parser: DocumentParser) -> None:
    """A PDF of images has no text layer."""
    with pytest.raises(NoTextLayer):
        parser.parse("scan.pdf", pdf(None, None))


def test_pages_that_only_somebody_else_can_read_are_named(parser: DocumentParser) -> None:
    """Images among pages with text, and an image on which there is no more than a stamp; blank pages are none."""
    [part] = parser.parts("a.pdf", pdf("One", None, ""))
    [stamped] = parser.parts("a.pdf", pdf("Scanned by Acme", "A whole sentence " * 10, behind=SCAN))

    assert (part.unread, stamped.unread) == ((2,), (1,))


def test_blank_pages_are_empty(parser: DocumentParser) -> None:
    """A PDF with nothing on its pages is not one that needs OCR."""
    with pytest.raises(EmptyDocument):
        parser.parse("blank.pdf", pdf("", ""))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_truncated_file_is_damaged(parser: DocumentParser, share: float) -> None:
    """Half a PDF is refused, though its first pages could be read."""
    whole = pdf(*(f"This is page {number}, one of many." for number in range(1, 21)))

    with pytest.raises(DamagedDocument):
        parser.parse("half.pdf", whole[: int(len(whole) * share)])


def test_a_file_of_garbage_is_damaged(parser: DocumentParser) -> None:
    """The signature alone makes no PDF."""
    with pytest.raises(DamagedDocument):
        parser.parse("garbage.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20)


@pytest.mark.parametrize(
    "body",
    [
        b"0000\n1 0 obj\n<<000/Type /ObjStm>>\n\0\0\0\0",
        b"\xc9startxref\n6\n2147483647",
        b"%PDFn\ntrailer <</Prev 5137/Root <<",
    ],
    ids=["an object", "the end", "the trailer"],
)
def test_what_is_left_of_a_pdf_is_damaged(parser: DocumentParser, body: bytes) -> None:
    """Where its name says what it was; under another one it is a text about PDFs."""
    with pytest.raises(DamagedDocument):
        parser.parse("a.pdf", body)


def test_a_text_about_pdfs_is_text(parser: DocumentParser) -> None:
    """Kinds are told by content, and this one's is not a PDF's alone."""
    assert parser.parse("a.txt", b"A file ends with startxref.").kind == "text"


def test_a_pdf_may_begin_far_behind_something_else(parser: DocumentParser) -> None:
    """Such as a printer's orders or what a server sent before it."""
    assert parser.parse("a.pdf", b"X-Header: 1\n" * 500 + pdf("Far down")).blocks == (Block("Far down", page=1),)


def test_too_many_pages_are_refused() -> None:
    """The limit is named together with what the file has."""
    parser = DocumentParser(Limits(pages=2))

    with pytest.raises(DocumentTooLarge, match="3 pages; at most 2"):
        parser.parse("long.pdf", pdf("1", "2", "3"))


# Its glyphs are drawings, and nothing says of which characters.
DRAWN = (
    b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << >> "
    b"/Encoding << /Differences [32 /g1] >> /FirstChar 32 /LastChar 126 /Widths [%b] >>" % (b"600 " * 95)
)


HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def test_fonts_that_say_nothing_of_their_characters_have_no_text(parser: DocumentParser) -> None:
    """The numbers of glyphs in a TrueType font, 29 less than ASCII, come out as if they were letters."""
    sentence = "All human beings are born free and equal in dignity and rights"
    shifted = "".join(chr(ord(letter) - 29) if letter != " " else " " for letter in sentence)

    assert parser.parse("a.pdf", pdf(sentence, font=DRAWN)).blocks == (Block(sentence, page=1),)
    with pytest.raises(NoTextLayer, match="fonts don't say which characters"):
        parser.parse("a.pdf", pdf(shifted, font=DRAWN))


def test_numbers_of_glyphs_that_are_signs_are_no_text(parser: DocumentParser) -> None:
    """As with fonts whose few characters are numbered from 33 on: hardly a letter is among what comes out."""
    letters = sorted(set("all human beings are born free and equal in dignity") - {" "})
    sentence = "all human beings are born free and equal in dignity and all human beings"
    numbered = "".join(chr(33 + letters.index(letter)) if letter != " " else " " for letter in sentence)

    assert parser.parse("a.pdf", pdf("-12.5 +3.75 (4%) " * 4, font=DRAWN)).blocks
    with pytest.raises(NoTextLayer, match="fonts don't say which characters"):
        parser.parse("a.pdf", pdf(numbered, font=DRAWN))


def test_numbers_of_glyphs_among_text_are_left_out(parser: DocumentParser) -> None:
    """A heading in a font that says what its glyphs are stays; the rest of its page is somebody else's to read."""
    sentence = "all human beings are born free and equal in dignity and rights"
    numbered = "".join(chr(ord(letter) - 29) if letter != " " else " " for letter in sentence)
    heading = "BT /F2 12 Tf 50 800 Td (A heading that can be read) Tj ET "

    body = pdf(numbered, font=DRAWN, behind=heading.encode()).replace(b"/F1 3 0 R", b"/F1 3 0 R /F2 %b" % HELVETICA)

    [part] = parser.parts("a.pdf", body)
    assert (part.blocks, part.unread) == ((Block("A heading that can be read", page=1),), (1,))


def test_signs_that_are_not_known_stay_in_a_formula(parser: DocumentParser) -> None:
    """TeX's own sign for "is not" is a stroke through "is"; without it the sentence would say the opposite."""
    text = "If the set is closed and the space around it is open, then its border is that of the other one and"
    shown = f"BT /F1 12 Tf 50 800 Td (6\\004= 0) Tj ET BT /F2 12 Tf 50 700 Td ({text}) Tj ET "

    body = pdf("", font=DRAWN, behind=shown.encode()).replace(b"/F1 3 0 R", b"/F1 3 0 R /F2 %b" % HELVETICA)

    assert parser.parse("a.pdf", body).blocks == (Block(f"6\n= 0\n{text}", page=1),)


def test_small_capitals_and_figures_of_old_style_are_read(parser: DocumentParser) -> None:
    """By the names that Adobe gave their glyphs."""
    names = b"<< /Differences [65 /Msmall /oneoldstyle /nineoldstyle /Odieresissmall] >>"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Minion-Expert /Encoding %b >>" % names

    assert parser.parse("a.pdf", pdf("AD BCCB", font=font)).blocks == (Block("mö 1991", page=1),)


def test_what_is_cropped_is_text_and_what_lies_beyond_the_sheet_is_none(parser: DocumentParser) -> None:
    """As the usual tools have it: a crop box hides margins, and often more than it should."""
    assert parser.parse("a.pdf", pdf("All of it", entries=b"/CropBox [0 0 9 9]")).blocks == (
        Block("All of it", page=1),
    )
    with pytest.raises(NoTextLayer, match="pages are images"):
        parser.parse("a.pdf", pdf("All of it").replace(b"[0 0 595 842]", b"[0 0 009 009]"))


@pytest.mark.parametrize("box", [b"/MediaBox [0 0 595 1684]", b"/MediaBox [0 0 0 0]"], ids=["inherited", "empty"])
def test_a_sheet_may_be_said_elsewhere(parser: DocumentParser, box: bytes) -> None:
    """For all pages at once, as on this one of twice the height; and where it is empty, letter paper stands in."""
    body = pdf("Up there").replace(b"/MediaBox [0 0 595 842]", b"").replace(b"/Kids", b"%b /Kids" % box)
    if box.endswith(b"1684]"):
        body = body.replace(b"50 780 Td", b"50 1600 Td")

    assert parser.parse("a.pdf", body).blocks == (Block("Up there", page=1),)


def test_what_was_typed_onto_a_page_is_read(parser: DocumentParser) -> None:
    """But not notes that stick to it, as comments in other documents are not, nor what is hidden."""
    annotations = b"".join(
        b"<< /Type /Annot /Subtype /%b /Rect [0 0 90 90] /F %d /Contents (%b) >>" % annotation
        for annotation in ((b"FreeText", 4, b"Typed"), (b"Text", 4, b"A note"), (b"FreeText", 2, b"Hidden"))
    )

    assert parser.parse("a.pdf", pdf("Page", entries=b"/Annots [%b]" % annotations)).blocks == (
        Block("Page\nTyped", page=1),
    )


def test_what_is_shown_of_a_field_a_stamp_and_a_signature_is_read(parser: DocumentParser) -> None:
    """As it is shown, with a field's value where that is another."""
    annotations = {
        "Widget /FT /Tx /T (sum) /V (1234.5)": "1,234.50",
        "Widget /FT /Sig /T (by)": "Signed by Ada",
        "Stamp": "APPROVED",
    }
    streams = "".join(
        f"{number} 0 obj\n<< /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 3 0 R >> >> "
        f"/Length {len(text) + 29} >>\nstream\nBT /F1 12 Tf 0 5 Td ({text}) Tj ET\nendstream\nendobj\n"
        for number, text in enumerate(annotations.values(), 20)
    )
    listed = "".join(
        f"<< /Subtype /{kind} /Rect [50 {700 - 30 * number} 250 {720 - 30 * number}] /AP << /N {20 + number} 0 R >> >> "
        for number, kind in enumerate(annotations)
    )
    body = pdf("Page", entries=f"/Annots [{listed}]".encode()).replace(b"xref\n0", streams.encode() + b"xref\n0", 1)
    form = b"/Catalog /AcroForm << /Fields [] >>"

    assert parser.parse("a.pdf", body.replace(b"/Catalog", form)).blocks == (
        Block("Page\n1,234.50 Signed by Ada APPROVED\n1234.5", page=1),
    )


def xfa(**packets: str) -> bytes:
    """Return a PDF with a form in XML, which its page only excuses itself for."""
    streams = "".join(
        f"{number} 0 obj\n<< /Length {len(packet)} >>\nstream\n{packet}\nendstream\nendobj\n"
        for number, packet in enumerate(packets.values(), 20)
    )
    listed = " ".join(f"({name}) {number} 0 R" for number, name in enumerate(packets, 20))
    form = f"/Catalog /NeedsRendering true /AcroForm << /Fields [] /XFA [{listed}] >>"
    return pdf("Please wait").replace(b"/Catalog", form.encode()).replace(b"xref\n0", streams.encode() + b"xref\n0", 1)


def test_a_form_in_xml_is_read(parser: DocumentParser) -> None:
    """With what was filled in; its page says nothing but that another program should be used."""
    template = (
        "<template><subform><draw><value><exData><p>Apply <b>here</b></p></exData></value></draw>"
        "<field name='city'><caption><value><text>City:</text></value></caption></field>"
        "<field name='no' presence='hidden'><caption><value><text>Hidden</text></value></caption></field>"
        "</subform></template>"
    )

    parsed = parser.parse(
        "a.pdf", xfa(template=template, datasets="<datasets><data><city>Bonn</city></data></datasets>")
    )

    assert parsed.blocks == (Block("Please wait\nApply here\nCity: Bonn", page=1),)


def test_a_broken_form_in_xml_leaves_the_page(parser: DocumentParser) -> None:
    """And so does one that would be expanded."""
    for template in ("<template>", "<!DOCTYPE t [<!ENTITY a 'b'>]><template><draw>&a;</draw></template>"):
        assert parser.parse("a.pdf", xfa(template=template)).blocks == (Block("Please wait", page=1),)


def test_shadows_of_letters_are_left_out(parser: DocumentParser) -> None:
    """Where each is drawn once more a little beside itself; what is written twice stays."""
    letters = ((letter, 50 + 8 * place) for place, letter in enumerate("Shadows"))
    shown = " ".join(f"1 0 0 1 {x} 700 Tm ({letter}) Tj 1 0 0 1 {x + 1} 699 Tm ({letter}) Tj" for letter, x in letters)

    body = pdf("aabbccddeeff 0011223344", behind=f"BT /F1 12 Tf {shown} ET ".encode())

    assert parser.parse("a.pdf", body).blocks == (Block("Shadows\naabbccddeeff 0011223344", page=1),)
