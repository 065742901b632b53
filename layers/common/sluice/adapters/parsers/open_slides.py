"""Reads the slides of an OpenDocument presentation, and the pages of a drawing: a block a page, with its notes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.open_margins import Masters
from sluice.adapters.parsers.open_styles import Styles
from sluice.adapters.parsers.open_text import lines, remark
from sluice.adapters.parsers.packages import attribute, tag
from sluice.domain import Block, ParsedDocument
from sluice.errors import NoTextLayer

_UNSAID = frozenset({"notes", "animations", "forms", "annotation"})
# Places of a slide that are the same on all of them.
_FIELDS = frozenset({"page-number", "date-time", "footer", "header", "page"})


def read(
    form: Element, styles: Styles, masters: Masters, limits: Limits, kind: str, title: str | None
) -> ParsedDocument:
    """Return one block a page under its title; raise `DocumentError`."""
    pages = [page for page in form if tag(page) == "page"]
    limits.check_pages(len(pages), "slides")
    blocks = [_slide(page, styles, masters, number) for number, page in enumerate(pages, 1)]
    if pages and not any(block.text for block in blocks):
        raise NoTextLayer("The presentation has no text: its slides are images or blank.")
    first = next((block.heading for block in blocks if block.heading), None)
    return ParsedDocument(kind, tuple(block for block in blocks if block.text), title=title or first, pages=len(pages))


def _slide(page: Element, styles: Styles, masters: Masters, number: int) -> Block:
    shapes = [shape for shape in page if tag(shape) not in _UNSAID and not _is_field(shape)]
    title = next((one_line(" ".join(lines(shape, styles))) for shape in shapes if _class(shape) == "title"), "")
    pieces = [line for shape in shapes for line in lines(shape, styles)] + masters.lines(page)
    pieces += (f"\n{text}" for inner in page if tag(inner) == "annotation" and (text := remark(inner, styles)))
    if notes := "\n".join(_notes(page, styles)).strip():
        pieces.append(f"\nNotes: {notes}")
    return Block(clean("\n".join(pieces)), page=number, heading=title or None)


def _notes(page: Element, styles: Styles) -> Iterator[str]:
    for notes in page:
        for shape in notes if tag(notes) == "notes" else ():
            if not _is_field(shape):
                yield from lines(shape, styles)


def _is_field(shape: Element) -> bool:
    return _class(shape) in _FIELDS


def _class(shape: Element) -> str:
    return attribute(shape, "class") or ""
