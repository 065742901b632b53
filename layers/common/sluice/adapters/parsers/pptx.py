"""Reads PPTX: a block a slide, under the slide's title, with its tables, diagrams and notes (ECMA-376, part 1)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, NoTextLayer

_PRESENTATION = "ppt/presentation.xml"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_TITLES = frozenset({"title", "ctrTitle"})
_UNSAID = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})

Relations = dict[str, tuple[str, str]]
"""The kind and the part of each relationship, by its id."""


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
    if _PRESENTATION not in archive:
        raise DamagedDocument("The presentation is damaged: its list of slides is missing.")
    relations = _relations(archive, _PRESENTATION)
    for element in archive.xml(_PRESENTATION).iter():
        if _name(element) == "sldId":
            identifier = element.get(_RELATIONSHIP) or element.get(_STRICT_RELATIONSHIP) or ""
            _, part = relations.get(identifier, ("", ""))
            if part in archive:
                yield part


def _relations(archive: Archive, part: str) -> Relations:
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive:
        return {}
    return {
        element.get("Id", ""): (
            element.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
        )
        for element in archive.xml(relations)
        if element.get("TargetMode") != "External"
    }


def _slide(archive: Archive, part: str, number: int) -> Block:
    root = archive.xml(part)
    title = _title(root)
    pieces = [*_pieces(root)]
    for kind, other in _relations(archive, part).values():
        if kind in ("diagramData", "chart") and other in archive:
            pieces += _pieces(archive.xml(other))
        elif kind == "notesSlide" and other in archive and (notes := "\n".join(_pieces(archive.xml(other))).strip()):
            pieces.append(f"\nNotes: {notes}")
    return Block(clean("\n".join(pieces)), page=number, heading=title)


def _title(root: Element) -> str | None:
    for shape in root.iter():
        if _name(shape) == "sp" and _placeholder(shape) in _TITLES:
            return one_line(" ".join(_pieces(shape))) or None
    return None


def _placeholder(shape: Element) -> str | None:
    return next((element.get("type", "") for element in shape.iter() if _name(element) == "ph"), None)


def _pieces(element: Element) -> Iterator[str]:
    """Yield a line for each paragraph and each row of a table, in the order of the drawing."""
    for child in element:
        match _name(child):
            case "sp" if _placeholder(child) in _UNSAID:
                continue
            case "p":
                yield _paragraph(child)
            case "tr":
                cells = (one_line(" ".join(_pieces(cell))) for cell in child if _name(cell) == "tc")
                yield " | ".join(cells)
            case "Fallback":  # the same again, for older programs
                continue
            case _:
                yield from _pieces(child)


def _paragraph(paragraph: Element) -> str:
    words = []
    for element in paragraph.iter():
        if _name(element) == "t":
            words.append(element.text or "")
        elif _name(element) in ("br", "tab"):
            words.append(" ")
    return "".join(words)


def _name(element: Element) -> str:
    """Return the name without its namespace, which differs between the transitional and the strict format."""
    return element.tag.rpartition("}")[2]
