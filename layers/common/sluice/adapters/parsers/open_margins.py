"""What the pages of an OpenDocument file show all alike: their headers and footers, and what masters draw on slides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.margins import says_something
from sluice.adapters.parsers.open_styles import Styles
from sluice.adapters.parsers.open_text import text_of
from sluice.adapters.parsers.packages import attribute, tag

_MARGINS = ("header", "footer")
# What a program counts or looks up for each page.
_COUNTED = frozenset({"page-number", "page-count", "sheet-name", "date", "time", "date-time"})
# What only its author sees.
_UNSAID = frozenset({"notes", "forms"})


def margin_lines(roots: Iterable[Element], styles: Styles) -> list[str]:
    """Return the different lines of all headers and footers."""
    margins = (part for root in roots for master in _masters(root) for part in master if _is_margin(part))
    return list(dict.fromkeys(line for part in margins for line in _lines(part, styles)))


def _is_margin(part: Element) -> bool:
    return tag(part).startswith(_MARGINS) and attribute(part, "display") != "false"


def _masters(root: Element) -> Iterator[Element]:
    return (element for element in root.iter() if tag(element) == "master-page")


def _lines(part: Element, styles: Styles) -> Iterator[str]:
    for paragraph in part.iter():
        if tag(paragraph) in ("p", "h"):
            line = one_line(text_of(paragraph, styles))
            if says_something(line, is_counted=any(tag(field) in _COUNTED for field in paragraph.iter())):
                yield line


class Masters:
    """Tells each line once, with the first slide that shows it."""

    def __init__(self, roots: Sequence[Element], styles: Styles) -> None:
        self._styles = styles
        self._masters = {attribute(master, "name"): master for root in roots for master in _masters(root)}
        footers = (element for root in roots for element in root.iter() if tag(element) == "footer-decl")
        self._footers = {attribute(footer, "name"): one_line(footer.text or "") for footer in footers}
        self._told = {""}

    def lines(self, slide: Element) -> list[str]:
        """Return the slide's footer and what its master draws, as far as none before it has shown that."""
        shown = dict.fromkeys([self._footers.get(attribute(slide, "use-footer-name"), ""), *self._drawn(slide)])
        new = [line for line in shown if line not in self._told]
        self._told |= shown.keys()
        return new

    def _drawn(self, slide: Element) -> Iterator[str]:
        master = self._masters.pop(attribute(slide, "master-page-name"), None)
        for shape in master if master is not None else ():
            if tag(shape) not in _UNSAID and not _is_place(shape):
                yield from _lines(shape, self._styles)


def _is_place(shape: Element) -> bool:
    """Return whether slides put their own words where this is."""
    return (attribute(shape, "class") or "footer") not in _MARGINS or attribute(shape, "placeholder") == "true"
