"""Reads PPTX: a block a slide, under the slide's title, with its tables, diagrams and notes (ECMA-376, part 1)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.charts import chart_lines
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.comments import comments_in
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.packages import main_part, relations, tag
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, NoTextLayer

_PRESENTATION = "ppt/presentation.xml"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_TITLES = frozenset({"title", "ctrTitle"})
_UNSAID = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return one block a slide; raise `DocumentError`."""
    archive = Archive(body, limits)
    slides = list(_slides(archive))
    limits.check_pages(len(slides), "slides")
    blocks = [_slide(archive, name, number) for number, name in enumerate(slides, 1)]
    if slides and not any(block.text for block in blocks):
        raise NoTextLayer("The presentation has no text: its slides are images or blank.")
    title = next((block.heading for block in blocks if block.heading), None)
    return ParsedDocument("pptx", tuple(block for block in blocks if block.text), title=title, pages=len(slides))


def _slides(archive: Archive) -> Iterator[str]:
    """Yield the parts of the slides in the order of the presentation, hidden ones too."""
    presentation = main_part(archive) or _PRESENTATION
    if presentation not in archive:
        raise DamagedDocument("The presentation is damaged: its list of slides is missing.")
    parts = relations(archive, presentation)
    for element in archive.xml(presentation).iter():
        if tag(element) == "sldId":
            identifier = element.get(_RELATIONSHIP) or element.get(_STRICT_RELATIONSHIP) or ""
            if identifier in parts:
                yield parts[identifier].part


def _slide(archive: Archive, part: str, number: int) -> Block:
    root = archive.xml(part)
    title = _title(root)
    pieces = [*_pieces(root)]
    for kind, other in relations(archive, part).values():
        if kind == "diagramData":
            pieces += _pieces(archive.xml(other))
        elif kind == "chart":
            pieces += chart_lines(archive.xml(other))
        elif kind == "comments":
            pieces += (f"\nComment: {text}" for text in comments_in(archive.xml(other)))
        elif kind == "notesSlide" and (notes := "\n".join(_pieces(archive.xml(other))).strip()):
            pieces.append(f"\nNotes: {notes}")
    return Block(clean("\n".join(pieces)), page=number, heading=title)


def _title(root: Element) -> str | None:
    for shape in root.iter():
        if tag(shape) == "sp" and _placeholder(shape) in _TITLES:
            return one_line(" ".join(_pieces(shape))) or None
    return None


def _placeholder(shape: Element) -> str | None:
    return next((element.get("type", "") for element in shape.iter() if tag(element) == "ph"), None)


def _pieces(element: Element) -> Iterator[str]:
    """Yield a line for each paragraph and each row of a table, in the order of the drawing."""
    for child in element:
        match tag(child):
            case "sp" if _placeholder(child) in _UNSAID:
                continue
            case "p":
                yield _paragraph(child)
            case "tr":
                cells = (one_line(" ".join(_pieces(cell))) for cell in child if tag(cell) == "tc")
                yield " | ".join(cells)
            case "Fallback":  # the same again, for older programs
                continue
            case _:
                yield from _pieces(child)


def _paragraph(paragraph: Element) -> str:
    words = []
    for element in paragraph.iter():
        if tag(element) == "t":
            words.append(element.text or "")
        elif tag(element) in ("br", "tab"):
            words.append(" ")
    return "".join(words)
