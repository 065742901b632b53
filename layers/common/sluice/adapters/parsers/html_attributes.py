"""Cuts off what an element has in attributes before its page is parsed, which takes the square of their number."""

from __future__ import annotations

import re

_MOST = 500
_ATTRIBUTE = r"[\s/]++[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s\"'>][^\s>]*+))?+"
_TOO_MANY = re.compile(rf"(<[a-z][^\s/>]*+(?:{_ATTRIBUTE}){{{_MOST}}})(?:{_ATTRIBUTE})++", re.IGNORECASE)


def with_fewer_attributes(page: str) -> str:
    """Return the page without those attributes of an element that stand behind more than any writer would give it."""
    return _TOO_MANY.sub(r"\1", page)
