"""Reads HTML: a block a heading, tables as rows of cells; what a browser does not show is left out."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.headings import Outline
from sluice.adapters.parsers.html_attributes import with_fewer_attributes
from sluice.adapters.parsers.html_nesting import check_nesting
from sluice.domain import Block, ParsedDocument

_NOT_SHOWN = frozenset({
    "script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "embed", "canvas", "audio",
    "video", "select", "datalist", "rt", "rp", "-comment",
})  # fmt: skip
_BLOCK = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main",
    "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_CELLS = frozenset(["td", "th"])
_HEADING = re.compile(r"h([1-6])")
_SPACE = re.compile(r"\s+")
_HIDING_STYLE = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)


# What XML allows and HTML takes for something else: elements closed at once, sections without markup, own entities.
_XML = re.compile(r"\A\s*<\?xml\b|\bxmlns\s*=\s*[\"']http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
_BEGINNING = 2_000
_CLOSED_AT_ONCE = re.compile(r"<([a-zA-Z][\w.-]*)((?:\s[^<>]*)?)/>")
_SECTION = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_OWN_ENTITIES = re.compile(r"(<!DOCTYPE[^>\[]*)\[[^\]]*\]", re.IGNORECASE)
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip


def read(text: str) -> ParsedDocument:
    """Return a block for the text under each heading, with the heading's path; raise `DocumentTooLarge`."""
    page = with_fewer_attributes(_as_html(text))
    check_nesting(page)
    tree = _parsed(page)
    title = tree.css_first("title")
    shown = _Page()
    shown.walk(tree.root)
    return ParsedDocument("html", shown.blocks(), title=one_line(title.text()) or None if title else None)


class _Page:
    """Writes the elements of a page as lines, in the order in which they are shown."""

    def __init__(self) -> None:
        self._outline = Outline()
        self._words: list[str] = []
        self._rows: list[list[str]] = []
        self._preformatted = 0

    def blocks(self) -> tuple[Block, ...]:
        self._break()
        return self._outline.blocks()

    def walk(self, root: LexborNode | None) -> None:
        """Visit every node. A stack of our own, since nesting may be deeper than Python's."""
        stack = [(root, False)] if root else []
        while stack:
            node, left = stack.pop()
            tag = node.tag or ""
            if left:
                self._leave(tag)
            elif tag == "-text":
                self._write(node.text(deep=False))
            elif tag == "iframe":
                self._frame(node.attributes.get("srcdoc") or "")
            elif tag not in _NOT_SHOWN and not _is_hidden(node):
                self._enter(tag)
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(list(node.iter(include_text=True))))

    def _frame(self, page: str) -> None:
        """Write a page that stands within this one; others are elsewhere."""
        for block in read(page).blocks if page else ():
            self._break()
            self._outline.add(block.text)

    def _write(self, text: str) -> None:
        self._words.append(text if self._preformatted else _SPACE.sub(" ", text))

    def _enter(self, tag: str) -> None:
        if tag == "tr":
            self._end_row()
            self._rows.append([])
        elif tag in _BLOCK or _HEADING.fullmatch(tag):
            self._break()
        if tag == "li":
            self._words.append("- ")
        self._preformatted += tag == "pre"

    def _leave(self, tag: str) -> None:
        self._preformatted -= tag == "pre"
        if heading := _HEADING.fullmatch(tag):
            self._head(int(heading[1]))
        elif tag in _CELLS:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
            self._rows.pop()
        elif tag in _BLOCK:
            self._break()
        if tag in {"p", "table", "ul", "ol", "pre"} and not self._rows:
            self._outline.add("")

    def _head(self, level: int) -> None:
        text = self._taken()
        if text:
            self._end_row()
            self._outline.enter(level, one_line(text))

    def _break(self) -> None:
        """End the line; within a table cell, which is one line, only the word."""
        if self._rows:
            self._words.append(" ")
        elif text := self._taken():
            self._outline.add(text)

    def _end_cell(self) -> None:
        if self._rows:
            self._rows[-1].append(one_line(self._taken()))

    def _end_row(self) -> None:
        """Write the cells so far; also what stands in a cell before a table or heading inside it."""
        if not self._rows:
            return self._break()
        cells = [*self._rows[-1], one_line(self._taken())]
        self._rows[-1] = []
        line = " | ".join(cells).rstrip(" |")
        if line:
            self._outline.add(line)
        return None

    def _taken(self) -> str:
        text = clean("".join(self._words)).strip()
        self._words = []
        return "" if text == "-" else text


def _is_hidden(node: LexborNode) -> bool:
    """Return whether the element itself says that it is not shown; a style sheet may say so too, and is not asked.

    A whole page is hidden only until its scripts have run.
    """
    if node.tag in ("html", "body"):
        return False
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDING_STYLE.search(attributes.get("style") or ""))


def _parsed(page: str) -> LexborHTMLParser:
    try:
        return LexborHTMLParser(page)
    except SelectolaxError as error:  # any page can be parsed for which there is memory
        raise MemoryError from error


def _as_html(text: str) -> str:
    """Return the page as HTML where it is XHTML, in which `<title/>` is a whole element."""
    if not _XML.search(text[:_BEGINNING]):
        return text
    text = _SECTION.sub(r"\1", _OWN_ENTITIES.sub(r"\1", text, count=1))
    return _CLOSED_AT_ONCE.sub(_closed, text)


def _closed(element: re.Match[str]) -> str:
    name, attributes = element[1], element[2]
    return element[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"
