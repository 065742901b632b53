"""The text of a paragraph in a DOCX: what its reader sees (ECMA-376, part 1, sections 17.3 and 17.13)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.packages import attribute, tag

_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Properties, what tracked changes took away, the code of fields, readings above characters, and what is said elsewhere.
_UNSAID = frozenset({
    "pPr", "rPr", "sdtPr", "del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "Fallback", "txbxContent",
    "annotationRef", "oMathParaPr",
})  # fmt: skip
_SWITCHED_OFF = frozenset({"0", "false", "off"})
_REFERENCES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}


def text_of(paragraph: Element) -> str:
    """Return the text with its tabs and line ends, without that of the boxes in it."""
    return "".join(_pieces(paragraph))


def boxes(paragraph: Element) -> Iterator[Element]:
    """Yield the text boxes in a paragraph's drawings, each of them once."""
    for inner in paragraph:
        if tag(inner) == "txbxContent":
            yield inner
        elif tag(inner) not in _UNSAID:
            yield from boxes(inner)
    if tag(paragraph) == "AlternateContent":
        yield from _older_boxes(paragraph)


def notes_referred(paragraph: Element) -> Iterator[tuple[str, str]]:
    """Yield the kind and the id of each note that the paragraph refers to."""
    for inner in paragraph.iter():
        if kind := _REFERENCES.get(tag(inner)):
            yield kind, attribute(inner, "id") or ""


def _older_boxes(alternatives: Element) -> Iterator[Element]:
    """Yield the boxes that stand only in what is meant for older programs."""
    choices = [inner for inner in alternatives if tag(inner) == "Choice"]
    if not any(tag(inner) == "txbxContent" for choice in choices for inner in choice.iter()):
        for inner in alternatives:
            if tag(inner) == "Fallback":
                yield from boxes(inner)


def _pieces(element: Element) -> Iterator[str]:
    for inner in element:
        name = tag(inner)
        if name == "t":
            yield inner.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "textpath":
            yield attribute(inner, "string") or ""
        elif name not in _UNSAID and not (name == "r" and _is_hidden(inner)):
            yield from _pieces(inner)


def _is_hidden(run: Element) -> bool:
    marks = (mark for properties in run if tag(properties) == "rPr" for mark in properties if tag(mark) == "vanish")
    return any(attribute(mark, "val") not in _SWITCHED_OFF for mark in marks)
