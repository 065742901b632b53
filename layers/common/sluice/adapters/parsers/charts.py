"""The words and figures of a chart, as Office keeps them for drawing it (ECMA-376, part 1, section 21.2)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cell_formats import written_as
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import attribute, tag

_NAMES = ("cat", "xVal")
_VALUES = ("val", "yVal")


def paragraph_lines(root: Element) -> Iterator[str]:
    """Yield the paragraphs of anything that is drawn."""
    for element in root.iter():
        if tag(element) == "p" and (line := one_line("".join(_texts(element, "t")))):
            yield line


def chart_lines(root: Element) -> Iterator[str]:
    """Yield the titles, then a line for each series: `Sales: Spring 1.5, Summer 2`."""
    yield from paragraph_lines(root)
    for element in root.iter():
        if tag(element) == "ser" and (line := _series(element)):
            yield line


def _series(series: Element) -> str:
    name = one_line(" ".join(_texts(_child(series, ("tx",)), "v")))
    names, values = _points(_child(series, _NAMES)), _points(_child(series, _VALUES))
    points = ", ".join(f"{names.get(place, '')} {value}".strip() for place, value in values.items())
    return ": ".join(filter(None, (name, points)))


def _points(data: Element | None) -> dict[str, str]:
    """Return the values that were drawn last, by their places; of names in several levels the innermost."""
    found: dict[str, str] = {}
    code = "".join(_texts(data, "formatCode"))
    for element in data.iter() if data is not None else ():
        if tag(element) == "pt":
            text = "".join(_texts(element, "v"))
            found.setdefault(attribute(element, "idx") or "", _value(text, attribute(element, "formatCode") or code))
    return found


def _value(text: str, code: str) -> str:
    try:
        return written_as(text, code)
    except (ValueError, OverflowError):
        return one_line(text)


def _child(element: Element, names: tuple[str, ...]) -> Element | None:
    return next((inner for inner in element if tag(inner) in names), None)


def _texts(element: Element | None, name: str) -> Iterator[str]:
    for inner in element.iter() if element is not None else ():
        if tag(inner) == name:
            yield inner.text or ""
