"""The words of the shapes on a slide, in the order in which they were drawn (ECMA-376, part 1, section 19.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import tag

# Tells by a shape's place in the layout, None where it has none, whether it is left out.
LeavesOut = Callable[[str | None], bool]


def _nothing(_: str | None) -> bool:
    return False


def placeholder(shape: Element) -> str | None:
    """Return which place of the layout the shape fills, empty for the body; None for a shape of its own."""
    return next((element.get("type", "") for element in shape.iter() if tag(element) == "ph"), None)


def lines(element: Element, leaves_out: LeavesOut = _nothing) -> Iterator[str]:
    """Yield a line for each paragraph and each row of a table."""
    for child in element:
        match tag(child):
            case "sp" if leaves_out(placeholder(child)):
                continue
            case "p":
                yield _paragraph(child)
            case "tr":
                cells = (one_line(" ".join(lines(cell, leaves_out))) for cell in child if tag(cell) == "tc")
                yield " | ".join(cells)
            case "Fallback":  # the same again, for older programs
                continue
            case _:
                yield from lines(child, leaves_out)


def _paragraph(paragraph: Element) -> str:
    words = []
    for element in paragraph.iter():
        if tag(element) == "t":
            words.append(element.text or "")
        elif tag(element) in ("br", "tab"):
            words.append(" ")
    return "".join(words)
