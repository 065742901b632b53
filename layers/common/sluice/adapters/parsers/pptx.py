"""Reads PPTX: a block a slide, under the slide's title, with its tables, diagrams and notes (ECMA-376, part 1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.charts import chart_lines
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.comments import comments_in
from sluice.adapters.parsers.embedded import EMBEDDED, embedded_blocks
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.packages import main_part, relations, tag
from sluice.adapters.parsers.slide_margins import Margins
from sluice.adapters.parsers.slide_shapes import lines, placeholder
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
    margins = Margins(archive)
    blocks = [_slide(archive, margins, name, number) for number, name in enumerate(slides, 1)]
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


def _slide(archive: Archive, margins: Margins, part: str, number: int) -> Block:
    root = archive.xml(part)
    beside = relations(archive, part).values()
    pieces = [*lines(root, _UNSAID.__contains__), *margins.lines(root, beside)]
    for kind, other in beside:
        with suppress(DamagedDocument):  # without what lies beside it a slide is still a slide
            pieces += _beside(archive, kind, other)
    return Block(clean("\n".join(pieces)), page=number, heading=_title(root))


def _beside(archive: Archive, kind: str, part: str) -> list[str]:
    """Return the lines of a diagram, a chart, the remarks or the notes of a slide."""
    match kind:
        case "diagramData":
            return [*lines(archive.xml(part), _UNSAID.__contains__)]
        case "chart":
            return [*chart_lines(archive.xml(part))]
        case kind if kind in EMBEDDED:
            return [f"\n{block.text}" for block in embedded_blocks(archive, part)]
        case "comments":
            return [f"\nComment: {text}" for text in comments_in(archive.xml(part))]
        case "notesSlide" if notes := "\n".join(lines(archive.xml(part), _UNSAID.__contains__)).strip():
            return [f"\nNotes: {notes}"]
    return []


def _title(root: Element) -> str | None:
    for shape in root.iter():
        if tag(shape) == "sp" and placeholder(shape) in _TITLES:
            return one_line(" ".join(lines(shape))) or None
    return None
