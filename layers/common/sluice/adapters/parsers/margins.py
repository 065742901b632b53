"""Tells which lines of headers and footers say something, and not just which page it is."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
# `Page 2 of 9` in any language.
_FEW_WORDS = 3


def says_something(line: str, *, is_counted: bool) -> bool:
    """Return whether there is a line, and where a number that the program counts stands in it, more than few words."""
    return len(_WORD.findall(line)) >= _FEW_WORDS if is_counted else bool(line)
