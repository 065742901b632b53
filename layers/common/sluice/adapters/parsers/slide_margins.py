"""What many slides show: their footers, and the words that layouts and masters draw around what a slide holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import relations, tag
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

    def lines(self, slide: Element, part: str) -> list[str]:
        """Return what this slide shows and none before it has shown."""
        shown = dict.fromkeys([*_footers(slide), *self._around(slide, part, "slideLayout")])
        new = [line for line in shown if line not in self._told]
        self._told |= shown.keys()
        return new

    def _around(self, drawn: Element, part: str, kind: str) -> list[str]:
        """Return the words of what lies behind a slide or a layout; what is broken has none."""
        if drawn.get("showMasterSp") in _SWITCHED_OFF:
            return []
        with suppress(DamagedDocument):
            behind = next((other for found, other in relations(self._archive, part).values() if found == kind), None)
            return self._of(behind) if behind else []
        return []

    def _of(self, part: str) -> list[str]:
        if part not in self._drawn:
            root = self._archive.xml(part)
            own = _words(lines(root, lambda place: place is not None))
            above = self._around(root, part, "slideMaster") if tag(root) == "sldLayout" else []
            self._drawn[part] = own + above
        return self._drawn[part]


def _footers(slide: Element) -> list[str]:
    shapes = (shape for shape in slide.iter() if tag(shape) == "sp" and placeholder(shape) in _FOOTERS)
    return _words(line for shape in shapes for line in lines(shape))


def _words(texts: Iterable[str]) -> list[str]:
    """Return the lines that have a word; a number alone is that of the slide."""
    return [line for text in texts if any(map(str.isalpha, line := one_line(text)))]
