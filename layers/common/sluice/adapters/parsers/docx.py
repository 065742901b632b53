"""Reads DOCX: a block a heading, tables as rows of cells, notes behind the paragraph that refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.charts import chart_lines
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.embedded import EMBEDDED, embedded_blocks
from sluice.adapters.parsers.headings import Outline
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.packages import attribute, main_part, relations, tag
from sluice.adapters.parsers.word_margins import margin_lines
from sluice.adapters.parsers.word_styles import Style, hidden_styles, paragraph_styles, style_of
from sluice.adapters.parsers.word_tables import UNSAID, all_within, is_layout, within
from sluice.adapters.parsers.word_text import boxes, notes_referred, text_of
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument

_PROPERTIES = "docProps/core.xml"
_USUAL_PARTS = ("word/document.xml", "word/document2.xml")
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_NOTES = frozenset({"footnotes", "endnotes", "comments"})


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return a block for the text under each heading, with the heading's path; raise `DocumentError`."""
    archive = Archive(body, limits)
    part = main_part(archive) or next((part for part in _USUAL_PARTS if part in archive), None)
    if part is None:
        raise DamagedDocument("The document is damaged: its text is missing.")
    document = _Document(archive, part)
    document.read()
    margins = "\n".join(document.margins())
    blocks = (*document.outline.blocks(), *document.embedded(), *([Block(clean(margins))] if margins else []))
    return ParsedDocument("docx", blocks, title=_title(archive))


def _title(archive: Archive) -> str | None:
    if _PROPERTIES not in archive:
        return None
    try:
        return one_line(archive.xml(_PROPERTIES).findtext(_TITLE) or "") or None
    except DamagedDocument:
        return None


class _Document:
    def __init__(self, archive: Archive, part: str) -> None:
        self.outline = Outline()
        self._archive = archive
        self._part = part
        self._relations = relations(archive, part)
        self._styles: dict[str, Style] = {}
        self._hidden: frozenset[str] = frozenset()
        self._notes: dict[tuple[str, str], Element] = {}

    def read(self) -> None:
        root = self._archive.xml(self._part)
        for styles in self._parts("styles"):
            self._styles, self._hidden = paragraph_styles(styles), hidden_styles(styles)
        for notes in self._parts(*_NOTES):
            self._notes |= _notes(notes)
        self._blocks(root)
        for diagram in self._parts("diagramData"):
            self._paragraphs(diagram)
        for chart in self._parts("chart"):
            for line in chart_lines(chart):
                self.outline.add(line)

    def margins(self) -> list[str]:
        """Return the lines of the headers and footers."""
        return margin_lines(self._parts("header", "footer"))

    def embedded(self) -> list[Block]:
        """Return what other programs have embedded, each document once."""
        parts = dict.fromkeys(part for kind, part in self._relations.values() if kind in EMBEDDED)
        return [block for part in parts for block in embedded_blocks(self._archive, part)]

    def _parts(self, *kinds: str) -> Iterator[Element]:
        """Yield the parts of these kinds that can be read: without one of them the text is still the text."""
        for kind, part in dict.fromkeys(self._relations.values()):
            if kind in kinds:
                with suppress(DamagedDocument):
                    yield self._archive.xml(part)

    def _blocks(self, element: Element) -> None:
        for inner in element:
            match tag(inner):
                case "p":
                    self._paragraph(inner)
                case "tbl":
                    self._table(inner)
                case "altChunk":
                    self._enclosed(attribute(inner, "id") or "")
                case name if name not in UNSAID:
                    self._blocks(inner)

    def _paragraphs(self, drawing: Element) -> None:
        """Write the lines of a diagram or chart, whose paragraphs have no styles."""
        for paragraph in drawing.iter():
            if tag(paragraph) == "p" and (line := one_line(self._text(paragraph))):
                self.outline.add(line)

    def _paragraph(self, paragraph: Element) -> None:
        style = style_of(paragraph, self._styles)
        if style.is_contents:
            return
        text = clean(self._text(paragraph)).strip()
        if text and style.level:
            self.outline.enter(style.level, one_line(text))
        elif text:
            self.outline.add(f"- {text}" if style.is_item else text)
            if not style.is_item:
                self.outline.add("")
        for box in boxes(paragraph):
            self._blocks(box)
        for note in self._notes_of(paragraph):
            self._note(note)

    def _text(self, paragraph: Element) -> str:
        return text_of(paragraph, self._hidden)

    def _note(self, note: Element) -> None:
        if tag(note) != "comment":
            self._blocks(note)
        elif text := one_line(" ".join(self._text(paragraph) for paragraph in all_within(note, "p"))):
            self.outline.add(f"Comment: {text}")
            self.outline.add("")

    def _table(self, table: Element) -> None:
        for row in within(table, "tr"):
            cells = list(within(row, "tc"))
            if is_layout(cells):
                for cell in cells:
                    self._blocks(cell)
            elif line := " | ".join(map(self._cell, cells)).rstrip(" |"):
                self.outline.add(line)
        self.outline.add("")

    def _cell(self, cell: Element) -> str:
        paragraphs = list(all_within(cell, "p"))
        texts = [self._text(paragraph) for paragraph in paragraphs]
        for note in self._notes_of(cell):
            texts += [self._text(paragraph) for paragraph in all_within(note, "p")]
        return one_line(" ".join(texts))

    def _notes_of(self, element: Element) -> list[Element]:
        """Take the notes that are referred to here; each is told once, where it is first."""
        referred = (note for note in notes_referred(element) if note in self._notes)
        return [self._notes.pop(note) for note in dict.fromkeys(referred)]

    def _enclosed(self, identifier: str) -> None:
        """Write a document of another kind that is embedded as a part of the text, as far as it can be read."""
        relation = self._relations.get(identifier)
        for block in embedded_blocks(self._archive, relation.part) if relation else ():
            self.outline.add(block.text)
            self.outline.add("")


def _notes(root: Element) -> dict[tuple[str, str], Element]:
    """Return the notes by their kind and id, without the lines that part them from the text."""
    notes = (note for note in root if attribute(note, "type") in (None, "normal"))
    return {(tag(note), attribute(note, "id") or ""): note for note in notes}
