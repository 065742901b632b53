"""What many slides show: their footers, and the words that layouts and masters draw around what a slide holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import Relation, relations, tag
from sluice.adapters.parsers.slide_shapes import lines, placeholder
from sluice.errors import DamagedDocument

_FOOTERS = frozenset({"ftr", "hdr"})
_SWITCHED_OFF = frozenset({"0", "false"})


class Margins:
    """Tells each line once, on the first slide that shows it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._drawn: dict[str, list[str]] = {}
        self._told: set[str] = set()

    def lines(self, slide: Element, beside: Iterable[Relation]) -> list[str]:
        """Return what this slide shows and none before it has shown."""
        shown = dict.fromkeys([*_footers(slide), *self._behind(slide, beside, "slideLayout")])
        new = [line for line in shown if line not in self._told]
        self._told |= shown.keys()
        return new

    def _behind(self, drawn: Element, beside: Iterable[Relation], kind: str) -> list[str]:
        """Return the words of what lies behind a slide or a layout; what is broken has none."""
        part = next((relation.part for relation in beside if relation.kind == kind), None)
        if part and drawn.get("showMasterSp") not in _SWITCHED_OFF:
            with suppress(DamagedDocument):
                return self._of(part)
        return []

    def _of(self, part: str) -> list[str]:
        if part not in self._drawn:
            root = self._archive.xml(part)
            own = _words(lines(root, lambda place: place is not None))
            self._drawn[part] = own + self._behind(root, relations(self._archive, part).values(), "slideMaster")
        return self._drawn[part]


def _footers(slide: Element) -> list[str]:
    shapes = (shape for shape in slide.iter() if tag(shape) == "sp" and placeholder(shape) in _FOOTERS)
    return _words(line for shape in shapes for line in lines(shape))


def _words(texts: Iterable[str]) -> list[str]:
    """Return the lines that have a word; a number alone is that of the slide."""
    return [line for text in texts if any(map(str.isalpha, line := one_line(text)))]
