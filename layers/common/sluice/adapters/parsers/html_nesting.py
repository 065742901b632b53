"""Tells how deep a page's elements are nested before it is parsed, which takes the square of that."""

from __future__ import annotations

import re

from sluice.errors import DocumentTooLarge

# Browsers nest no deeper than 512.
_DEEPEST = 1_000
# A comment, the text of an element that holds no others, a tag; each reaches to the end where it is not closed.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1\b|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[^<>]*(?P<closed>/)>)?",
    re.IGNORECASE | re.DOTALL,
)
# Elements without an end, and those that the next one of their kind ends.
_ENDLESS = frozenset({
    "a", "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "frame", "head", "hr", "html", "img",
    "input", "keygen", "li", "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td",
    "tfoot", "th", "thead", "tr", "track", "wbr",
})  # fmt: skip
_DRAWINGS = frozenset({"svg", "math"})
# What ends a drawing that is not closed.
_BLOCKS = frozenset({"blockquote", "center", "div", "dl", "ol", "pre", "span", "table", "ul"})


def check_nesting(page: str) -> None:
    """Raise `DocumentTooLarge` for elements that are nested deeper than any writer would."""
    if page.count("<") <= _DEEPEST:
        return
    depth = 0
    in_drawing = False
    for token in _TOKEN.finditer(page):
        name = (token["name"] or "").lower()
        in_drawing = not token["end"] if name in _DRAWINGS else in_drawing and name not in _BLOCKS
        if not name or name in _ENDLESS or (token["closed"] and in_drawing):
            continue
        depth = max(0, depth - 1) if token["end"] else depth + 1
        if depth > _DEEPEST:
            raise DocumentTooLarge(f"The page's elements are nested deeper than {_DEEPEST:,} levels.")
