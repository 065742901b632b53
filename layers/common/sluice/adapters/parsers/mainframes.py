"""Reads EBCDIC, in which mainframes write text: its letters are where other encodings have none."""

from __future__ import annotations

import re

from sluice.adapters.parsers.guessing import attempt

# What letters, digits and spaces are in all of its code pages; hardly anything else is in a text.
_USUAL = re.compile(
    rb"[\x40\x4b\x60\x6b\x7a\x81-\x89\x91-\x99\xa2-\xa9\xc1-\xc9\xd1-\xd9\xe2-\xe9\xf0-\xf9\x0d\x15\x25]"
)
_MOSTLY = 0.8
_FEWEST_SPACES = 0.05
_SAMPLE = 65_536
# Of all countries, of America, with the euro, of Germany: they differ in signs, and the last in umlauts.
_CODE_PAGES = ("cp500", "cp037", "cp1140", "cp273")
_OUT_OF_PLACE = re.compile(r"[¢¬¦¤]|[^\W\d_][{}|~\\\[\]]+[^\W\d_]")


def ebcdic(body: bytes) -> str | None:
    """Return the text where this is one, None where it is not."""
    sample = body[:_SAMPLE]
    spaces = sample.count(b"\x40")
    if spaces < len(sample) * _FEWEST_SPACES or sample.count(b" ") > spaces * 0.1:
        return None
    if len(_USUAL.findall(sample)) < len(sample) * _MOSTLY:
        return None
    texts = [text for name in _CODE_PAGES if (text := attempt(body, name)) is not None]
    return min(texts, key=_oddity)


def _oddity(text: str) -> int:
    return len(_OUT_OF_PLACE.findall(text)) + abs(text.count("[") - text.count("]"))
