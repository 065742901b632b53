"""Leaves out the shadows of a PDF's letters: a second letter, drawn a little beside each."""

from __future__ import annotations

import ctypes
import re
from itertools import pairwise

import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.pdf_page import Page

_DOUBLED = re.compile(r"(?:(\S)\1){4,}")
# As differences from each to the next: none, some, none, and so on.
_PAIRS = b"\0\1\0\1\0\1\0"
_IS_OTHER = bytes([0]) + bytes([1]) * 255
_FEWEST_LETTERS = 4
# Of the way from one pair to the next; the second of two letters that stand side by side takes half of it.
_NEAR = 0.35


def without_shadows(page: Page, text: str) -> str:
    """Return the page's text with each shadowed letter once."""
    if not _has_pairs(text) or len(text) != pdfium_c.FPDFText_CountChars(page.text):
        return text
    return _DOUBLED.sub(lambda run: run[0][::2] if _is_shadowed(page, run) else run[0], text)


def _has_pairs(text: str) -> bool:
    """Return whether some characters in a row come twice each, by their low bytes, which is told fast."""
    low = text.encode("utf-16-le", "surrogatepass")[::2]
    codes = int.from_bytes(low, "little")
    return _PAIRS in (codes ^ codes >> 8).to_bytes(len(low), "little").translate(_IS_OTHER)


def _is_shadowed(page: Page, run: re.Match[str]) -> bool:
    """Return whether the second of two letters is far nearer to the first than the first of the next two."""
    if len(set(run[0])) < _FEWEST_LETTERS:
        return False
    places = [_place(page, index) for index in range(*run.span())]
    beside = sum(abs(second - first) for first, second in zip(places[::2], places[1::2], strict=True))
    on = sum(abs(following - first) for first, following in pairwise(places[::2]))
    return beside < _NEAR * on


def _place(page: Page, index: int) -> complex:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium_c.FPDFText_GetCharOrigin(page.text, index, x, y)
    return complex(x.value, y.value)
