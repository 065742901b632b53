"""What slides show that is not their own: footers, layouts and masters, each line once, on the first that shows it."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from tests.parsers.making import archive, relations, shape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACE = f'xmlns:p="urn:p" xmlns:a="urn:a" xmlns:r="{OFFICE}"'


def drawn(name: str, content: str, more: str = "") -> str:
    return f"<p:{name} {SPACE} {more}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:{name}>"


def deck(
    slides: list[str], layout: str = "", *, master: str = "", slide_more: str = "", layout_more: str = ""
) -> bytes:
    """Return a presentation whose slides have one layout, and that a master."""
    listed = "".join(f'<p:sldId r:id="rId{number}"/>' for number in range(1, len(slides) + 1))
    targets = [("slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1)]
    members = {
        "ppt/presentation.xml": f"<p:presentation {SPACE}>{listed}</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*targets),
        "ppt/slideLayouts/layout.xml": drawn("sldLayout", layout, layout_more),
        "ppt/slideLayouts/_rels/layout.xml.rels": relations(("slideMaster", "../slideMasters/master.xml")),
        "ppt/slideMasters/master.xml": master and drawn("sldMaster", master),
    }
    for number, content in enumerate(slides, 1):
        members[f"ppt/slides/slide{number}.xml"] = drawn("sld", content, slide_more)
        members[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(("slideLayout", "../slideLayouts/layout.xml"))
    return archive(members)


def test_what_many_slides_show_stands_on_the_first(parser: DocumentParser) -> None:
    """Without the places that a layout only offers, and without numbers of slides."""
    own = shape("Ann Ltd") + shape("Click to add a title", "title") + shape("7")
    footer = shape("Confidential", "ftr") + shape("1", "sldNum")

    parsed = parser.parse("a.pptx", deck([shape("One") + footer, shape("Two") + footer], own, master=shape("Secret")))

    assert parsed.blocks == (Block("One\nConfidential\nAnn Ltd\nSecret", page=1), Block("Two", page=2))


@pytest.mark.parametrize(
    ("switches", "text"),
    [
        ({}, "One\nLayout\nMaster"),
        ({"slide_more": 'showMasterSp="0"'}, "One"),
        ({"layout_more": 'showMasterSp="0"'}, "One\nLayout"),
    ],
)
def test_a_slide_may_hide_what_lies_behind_it(parser: DocumentParser, switches: dict[str, str], text: str) -> None:
    """All of it, or what lies behind its layout."""
    body = deck([shape("One")], shape("Layout"), master=shape("Master"), **switches)

    assert parser.parse("a.pptx", body).blocks == (Block(text, page=1),)


def test_a_broken_master_costs_no_slide(parser: DocumentParser) -> None:
    """The text is still the text."""
    assert parser.parse("a.pptx", deck([shape("One")], shape("Layout"))).blocks == (Block("One\nLayout", page=1),)
