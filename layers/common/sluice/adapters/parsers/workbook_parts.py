"""Finds the sheets of an XLSX by what its workbook says of them, and the words that are drawn and written on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.charts import chart_lines, paragraph_lines
from sluice.adapters.parsers.comments import comments_in
from sluice.adapters.parsers.embedded import EMBEDDED, embedded_blocks
from sluice.adapters.parsers.packages import attribute, main_part, relations, tag
from sluice.errors import DamagedDocument

_WORKBOOK = "xl/workbook.xml"
_SHEETS = frozenset({"worksheet", "chartsheet"})
_DRAWN = frozenset({"drawing", "diagramData"})
_DEEPEST = 3


class Sheet(NamedTuple):
    """A sheet's name and the part that holds its cells."""

    name: str
    part: str


def workbook_part(archive: Archive) -> str | None:
    """Return the part that lists the sheets; None where the workbook is not written as XML."""
    part = main_part(archive) or _WORKBOOK
    return part if part in archive and not part.endswith(".bin") else None


def shown_sheets(archive: Archive, workbook: str) -> list[Sheet]:
    """Return the sheets of cells and charts in their order, without hidden ones and macros."""
    parts = relations(archive, workbook)
    found = []
    for element in archive.xml(workbook).iter():
        relation = parts.get(attribute(element, "id") or "") if tag(element) == "sheet" else None
        if relation and relation.kind in _SHEETS and attribute(element, "state") in (None, "visible"):
            found.append(Sheet(attribute(element, "name") or "", relation.part))
    return found


def drawn_on(archive: Archive, sheet: Sheet) -> list[str]:
    """Return the lines of the boxes, charts, documents and comments on a sheet; what is broken has none."""
    with suppress(DamagedDocument):
        return list(_drawn(archive, sheet.part, depth=0))
    return []


def _drawn(archive: Archive, part: str, depth: int) -> Iterator[str]:
    for kind, other in dict.fromkeys(relations(archive, part).values()):
        if kind == "comments":
            yield from (f"Comment on {text}" for text in comments_in(archive.xml(other)))
        elif kind == "chart":
            yield from chart_lines(archive.xml(other))
        elif kind in EMBEDDED:
            yield from (block.text for block in embedded_blocks(archive, other))
        elif kind in _DRAWN and depth < _DEEPEST:
            yield from paragraph_lines(archive.xml(other))
            yield from _drawn(archive, other, depth + 1)
