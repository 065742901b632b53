"""Tells headings, lists and tables of contents by the styles of a DOCX (ECMA-376, part 1, section 17.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.packages import attribute, tag

# The built-in names are English in every language of Word.
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_TITLES = {"title": 1, "subtitle": 2}
_CONTENTS = re.compile(r"toc [1-9]", re.IGNORECASE)
_MOST_ANCESTORS = 20
_SWITCHED_OFF = frozenset({"0", "false", "off"})


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says of its paragraphs; `level` is that of a heading, 0 for text."""

    level: int = 0
    is_item: bool = False
    is_contents: bool = False


def paragraph_styles(root: Element) -> dict[str, Style]:
    """Return the paragraph styles by their ids, with what they inherit."""
    elements = _by_id(root)
    return {identifier: _style(elements, identifier) for identifier in elements}


def hidden_styles(root: Element) -> frozenset[str]:
    """Return the ids of the styles whose text is hidden, by themselves or by those that they are based on."""
    elements = _by_id(root)
    if not any(child(child(style, "rPr"), "vanish") is not None for style in elements.values()):
        return frozenset()
    return frozenset(identifier for identifier in elements if _is_hidden(_ancestry(elements, identifier)))


def _by_id(root: Element) -> dict[str, Element]:
    return {attribute(style, "styleId") or "": style for style in root if tag(style) == "style"}


def _is_hidden(ancestry: Iterable[Element]) -> bool:
    marks = (child(child(style, "rPr"), "vanish") for style in ancestry)
    return next((is_on(mark) for mark in marks if mark is not None), False)


def is_on(mark: Element) -> bool:
    """Return whether a property that may be switched off is on."""
    return attribute(mark, "val") not in _SWITCHED_OFF


def style_of(paragraph: Element, styles: dict[str, Style]) -> Style:
    """Return what the paragraph is, by its own properties before those of its style."""
    properties = child(paragraph, "pPr")
    identifier = _value(properties, "pStyle")
    style = styles.get(identifier or "", Style())
    level = _level(properties) if properties is not None else None
    numbering = child(properties, "numPr")
    is_item = style.is_item if numbering is None else _value(numbering, "numId") != "0"
    return Style(style.level if level is None else level, is_item, style.is_contents)


def child(element: Element | None, name: str) -> Element | None:
    return next((inner for inner in element if tag(inner) == name), None) if element is not None else None


def _style(elements: dict[str, Element], identifier: str) -> Style:
    ancestry = list(_ancestry(elements, identifier))
    names = [(_value(style, "name") or "").strip() for style in ancestry]
    levels = (_named_level(name, style) for name, style in zip(names, ancestry, strict=True))
    return Style(
        level=next((level for level in levels if level is not None), 0),
        is_item=any(child(child(style, "pPr"), "numPr") is not None for style in ancestry),
        is_contents=any(_CONTENTS.fullmatch(name) for name in names),
    )


def _ancestry(elements: dict[str, Element], identifier: str | None) -> Iterable[Element]:
    for _ in range(_MOST_ANCESTORS):
        style = elements.get(identifier or "")
        if style is None:
            return
        yield style
        identifier = _value(style, "basedOn")


def _named_level(name: str, style: Element) -> int | None:
    if heading := _HEADING.fullmatch(name):
        return int(heading[1])
    if name.lower() in _TITLES:
        return _TITLES[name.lower()]
    properties = child(style, "pPr")
    return _level(properties) if properties is not None else None


def _level(properties: Element) -> int | None:
    """Return the outline's level from 1, 0 for body text, None where nothing is said."""
    outline = _value(properties, "outlineLvl")
    if outline is None or not outline.isdecimal():
        return None
    return int(outline) + 1 if int(outline) < 9 else 0


def _value(element: Element | None, name: str) -> str | None:
    inner = child(element, name)
    return attribute(inner, "val") if inner is not None else None
