"""Tells headings and what is hidden by the styles of an OpenDocument file (ODF 1.3, part 3, section 16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.packages import attribute, tag

_TITLES = {"Title": 1, "Subtitle": 2}
_MOST_ANCESTORS = 20


class Styles:
    """The styles of a document by their names, those that it shares and those that stand before its text."""

    def __init__(self, roots: Iterable[Element]) -> None:
        found = (style for root in roots for style in root.iter() if tag(style) == "style")
        self._styles = {attribute(style, "name") or "": style for style in found}

    def level(self, element: Element) -> int:
        """Return the level of a paragraph whose style is that of a heading, 0 for text."""
        for style in self._ancestry(element):
            name, outline = attribute(style, "name") or "", attribute(style, "default-outline-level") or ""
            if name in _TITLES:
                return _TITLES[name]
            if outline.isdecimal():
                return int(outline)
        return 0

    def hides(self, element: Element) -> bool:
        """Return whether the element is not shown, by itself or by its style."""
        return attribute(element, "display") == "none" or any(map(hides, self._ancestry(element)))

    def _ancestry(self, element: Element) -> Iterator[Element]:
        name = attribute(element, "style-name")
        for _ in range(_MOST_ANCESTORS):
            style = self._styles.get(name or "")
            if style is None:
                return
            yield style
            name = attribute(style, "parent-style-name")


def hides(style: Element) -> bool:
    """Return whether the style hides its text or its table."""
    return any(attribute(properties, "display") in ("none", "false") for properties in style)
