"""The rows and cells of tables in a DOCX, through what Word wraps around them (ECMA-376, part 1, section 17.4)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.packages import tag
from sluice.adapters.parsers.word_text import text_of

# Deleted rows, properties, and what is the same again for older programs.
UNSAID = frozenset({"sectPr", "sdtPr", "del", "moveFrom", "Fallback"})


def within(element: Element, name: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, through wrappers, but none of a table inside it."""
    for inner in element:
        if tag(inner) == name:
            if not _is_deleted(inner):
                yield inner
        elif tag(inner) not in UNSAID | {"tbl", "tc", "p"}:
            yield from within(inner, name)


def is_layout(cells: list[Element]) -> bool:
    """A row of one cell is there for the looks, and so is one that holds tables or all of its text in one cell."""
    counts = [sum(bool(text_of(paragraph).strip()) for paragraph in all_within(cell, "p")) for cell in cells]
    is_alone = sum(map(bool, counts)) == 1 and max(counts) > 1
    return len(cells) == 1 or is_alone or any(all_within(cell, "tbl") for cell in cells)


def _is_deleted(part: Element) -> bool:
    """Return whether a row or cell is there as a change that took it away."""
    properties = (inner for inner in part if tag(inner) in ("trPr", "tcPr"))
    return any(tag(mark) in ("del", "cellDel") for inner in properties for mark in inner)


def all_within(element: Element, name: str) -> list[Element]:
    """Return the elements of this name at any depth, but not what is said twice or was deleted."""
    found = []
    for inner in element:
        if tag(inner) == name:
            found.append(inner)
        if tag(inner) not in UNSAID:
            found += all_within(inner, name)
    return found
