"""Reads the text of an OpenDocument file: what its reader sees (ODF 1.3, part 3, sections 5 to 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.headings import Outline
from sluice.adapters.parsers.open_styles import Styles
from sluice.adapters.parsers.packages import attribute, tag
from sluice.domain import Block

_SIGNS = {"tab": "\t", "line-break": "\n"}
_SPACE = re.compile(r"[ \t\r\n]+")
# What stands elsewhere, and readings above characters.
_NOT_IN_LINE = frozenset({"note", "annotation", "ruby-text", "forms"})
# What was deleted with changes tracked, what only lists other parts of the text, and what describes a drawing.
_UNSAID = frozenset({
    "tracked-changes", "forms", "annotation", "table-of-content", "illustration-index", "table-index", "object-index",
    "user-index", "alphabetical-index", "title", "desc", "notes",
})  # fmt: skip
_NOTES = frozenset({"note-body", "annotation"})
# Which is shown, other than that of a drawing.
_CHART_TITLE = re.compile(r"\{[^}]*:chart:[^}]*\}title")
_DRAWING = re.compile(r"\{[^}]*:(?:drawing|dr3d):")


def blocks(text: Element, styles: Styles) -> tuple[Block, ...]:
    """Return a block for the text under each heading, with the heading's path."""
    writer = _Writer(styles)
    writer.write(text)
    return writer.outline.blocks()


def text_of(paragraph: Element, styles: Styles) -> str:
    """Return the text with its tabs and line ends, without that of its notes and drawings."""
    return "".join(_pieces(paragraph, styles))


def lines(element: Element, styles: Styles) -> Iterator[str]:
    """Yield the paragraphs at any depth, and each row of a table as one line."""
    for inner in element:
        match tag(inner):
            case "p" | "h":
                yield text_of(inner, styles)
                for drawing in _drawings(inner):
                    yield from lines(drawing, styles)
            case "table-row":
                yield " | ".join(cell_text(cell, styles) for cell in inner).rstrip(" |")
            case name if name not in _UNSAID or _CHART_TITLE.match(inner.tag):
                yield from lines(inner, styles)


def cell_text(cell: Element, styles: Styles) -> str:
    """Return all text of a table's cell in one line; what another cell covers has none."""
    return "" if tag(cell) == "covered-table-cell" else one_line(" ".join(lines(cell, styles)))


class _Writer:
    def __init__(self, styles: Styles) -> None:
        self.outline = Outline()
        self._styles = styles
        self._noted: set[Element] = set()

    def write(self, element: Element, mark: str = "") -> None:
        for inner in element:
            if self._styles.hides(inner):
                continue
            match tag(inner):
                case "h" | "p":
                    self._paragraph(inner, mark)
                    mark = ""
                case "list-item":
                    self.write(inner, "- ")
                case "table":
                    self._table(inner)
                case "object":
                    self._object(inner)
                case name if name not in _UNSAID:
                    self.write(inner)

    def _paragraph(self, paragraph: Element, mark: str) -> None:
        text = clean(text_of(paragraph, self._styles)).strip()
        if text and (level := self._level(paragraph)):
            self.outline.enter(level, one_line(text))
        elif text:
            self.outline.add(mark + text)
            if not mark:
                self.outline.add("")
        for drawing in _drawings(paragraph):
            self.write(drawing)
        self._notes_of(paragraph)

    def _level(self, paragraph: Element) -> int:
        if tag(paragraph) == "p":
            return self._styles.level(paragraph)
        outline = attribute(paragraph, "outline-level") or ""
        return int(outline) if outline.isdecimal() and int(outline) else 1

    def _table(self, table: Element) -> None:
        for row in rows(table):
            cells = list(row)
            if len(cells) == 1 or any(tag(inner) == "table" for cell in cells for inner in cell.iter()):
                for cell in cells:
                    self.write(cell)
            elif line := " | ".join(cell_text(cell, self._styles) for cell in cells).rstrip(" |"):
                self.outline.add(line)
                self._notes_of(row)
        self.outline.add("")

    def _object(self, embedded: Element) -> None:
        for line in filter(None, map(one_line, lines(embedded, self._styles))):
            self.outline.add(line)
        self.outline.add("")

    def _notes_of(self, element: Element) -> None:
        """Write the notes and remarks within, of which those in boxes have been written with their boxes."""
        found = (note for note in element.iter() if tag(note) in _NOTES and note not in self._noted)
        for note in found:
            self._noted.add(note)
            if tag(note) == "note-body":
                self.write(note)
            elif text := remark(note, self._styles):
                self.outline.add(text)
                self.outline.add("")


def remark(annotation: Element, styles: Styles) -> str:
    """Return what a reader has remarked, as `Comment: text`; nothing where that is empty."""
    text = one_line(" ".join(lines(annotation, styles)))
    return f"Comment: {text}" if text else ""


def rows(table: Element) -> Iterator[Element]:
    """Yield the rows of a table, through their groups, but none of a table inside it."""
    for inner in table:
        if tag(inner) == "table-row":
            yield inner
        elif tag(inner) in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from rows(inner)


def _pieces(element: Element, styles: Styles) -> Iterator[str]:
    yield _SPACE.sub(" ", element.text or "")
    for inner in element:
        name = tag(inner)
        if name in _SIGNS:
            yield _SIGNS[name]
        elif name == "s":
            yield " "
        elif name not in _NOT_IN_LINE and not _DRAWING.match(inner.tag) and not styles.hides(inner):
            yield from _pieces(inner, styles)
        yield _SPACE.sub(" ", inner.tail or "")


def _drawings(paragraph: Element) -> Iterator[Element]:
    """Yield the outermost drawings in a paragraph: frames, shapes and groups of them."""
    for inner in paragraph:
        if tag(inner) in _NOT_IN_LINE:
            continue
        if _DRAWING.match(inner.tag):
            yield inner
        else:
            yield from _drawings(inner)
