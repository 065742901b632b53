"""The remarks that readers of slides and sheets have left on them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.packages import attribute, tag

_COMMENTS = frozenset({"comment", "cm"})
# The words stand in runs, or in one element in the first format of slides.
_WORDS = frozenset({"t", "text"})


def comments_in(root: Element) -> Iterator[str]:
    """Yield the text of each comment, in a sheet behind the cell that it is about."""
    for comment in root.iter():
        if tag(comment) in _COMMENTS:
            words = (inner.text or "" for inner in comment.iter() if tag(inner) in _WORDS)
            if text := one_line(" ".join(words)):
                place = attribute(comment, "ref")
                yield f"{place}: {text}" if place else text
