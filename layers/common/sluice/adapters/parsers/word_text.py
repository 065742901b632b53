"""The text of a paragraph in a DOCX: what its reader sees (ECMA-376, part 1, sections 17.3 and 17.13)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.packages import attribute, tag
from sluice.adapters.parsers.word_styles import child, is_on

_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Properties, what tracked changes took away, the code of fields, readings above characters, and what is said elsewhere.
_UNSAID = frozenset({
    "pPr", "rPr", "sdtPr", "del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "Fallback", "txbxContent",
    "annotationRef", "oMathParaPr",
})  # fmt: skip
_REFERENCES = {"footnoteReference": "footnote", "endnoteReference": "endnote", "commentReference": "comment"}


def text_of(paragraph: Element, hidden: frozenset[str] = frozenset()) -> str:
    """Return the text with its tabs and line ends, without that of the boxes in it and of `hidden` styles."""
    style = child(child(paragraph, "pPr"), "pStyle") if hidden else None
    is_hidden = style is not None and attribute(style, "val") in hidden
    return "".join(_pieces(paragraph, hidden, is_hidden=is_hidden))


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


def _pieces(element: Element, hidden: frozenset[str], *, is_hidden: bool) -> Iterator[str]:
    for inner in element:
        name = tag(inner)
        if name == "t":
            yield inner.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "textpath":
            yield attribute(inner, "string") or ""
        elif name not in _UNSAID and not (name == "r" and _is_hidden(inner, hidden, otherwise=is_hidden)):
            yield from _pieces(inner, hidden, is_hidden=is_hidden)


def _is_hidden(run: Element, hidden: frozenset[str], *, otherwise: bool) -> bool:
    """Return what the run says by itself, or by its style, or else what its paragraph's style says."""
    properties = child(run, "rPr")
    mark = child(properties, "vanish")
    if mark is not None or not hidden:
        return mark is not None and is_on(mark)
    style = child(properties, "rStyle")
    return otherwise or (style is not None and attribute(style, "val") in hidden)
