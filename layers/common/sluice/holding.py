"""What the index of vectors holds of each: `whole`, `signs`, or its first so many numbers.

Whatever is less than the whole only preselects, and the whole vectors rank what it finds.
"""

from __future__ import annotations

WHOLE = "whole"
SIGNS = "signs"
"""A bit for each number: whether it is above zero."""
HELD = r"^(whole|signs|[1-9][0-9]{0,2}|[1-3][0-9]{3})$"

# Of shorter vectors the signs tell too little: see docs/retrieval.md.
_ENOUGH_SIGNS = 1_536
# By what names contain: models whose vectors others have measured to be found by their signs.
_TOLD_BY_SIGNS = ("text-embedding-3-",)


def held_by_default(model: str, dimension: int) -> str:
    """Return what suits a model: the signs of long vectors that are known to be told by them, else the whole."""
    is_known = any(name in model for name in _TOLD_BY_SIGNS)
    return SIGNS if is_known and dimension >= _ENOUGH_SIGNS else WHOLE


def at_most(held: str, dimension: int) -> str:
    """Return the same of vectors with so many numbers: the whole where they have no more."""
    return WHOLE if held.isdigit() and int(held) >= dimension else held
