"""Puts words of Arabic and Hebrew in order where PDFium turns them round.

It takes a line for what stands from the left to the right, and turns round what is written from the right to the left,
character by character. That is wrong where one glyph stands for more than one of them, as for lam with alef in what
Word writes, or for a whole word; and where a word was written in its own order.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.pdf_page import Page

_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_RUN = re.compile(f"{_LETTER}(?: ?{_LETTER})+")
# The sign that words end in may stand over a broad letter, which leaves room for a space: over the letter behind it, if
# that is the last one but for an alef.
_SIGN_FIRST = re.compile("(?<=[\u0621-\u064a]) \u064b([\u0621-\u064a]\u0627?)(?![\u0621-\u064a])")
_LIGATURES = (range(0xFB1D, 0xFE00), range(0xFE70, 0xFEFD))


class _Glyph(NamedTuple):
    """The characters that one glyph stands for, where they are in the text, and where it is on the page."""

    said: str
    at: int
    x: float


def in_order(page: Page, text: str) -> str:
    """Return the page's text with the words of these scripts in the order in which they are read."""
    if text.isascii() or not _RUN.search(text):
        return text
    if len(text) != pdfium_c.FPDFText_CountChars(page.text):
        return text  # some of it lies beyond the sheet: which characters are meant would not be known
    runs = [(match.start(), [*_glyphs(page, match)]) for match in _RUN.finditer(text)]
    are_turned = _are_turned([glyph.said for _, glyphs in runs for glyph in glyphs])
    parts, end = [], 0
    for start, glyphs in runs:
        parts += [text[end:start], *_ordered(page, glyphs, are_turned=are_turned)]
        end = start + sum(len(glyph.said) for glyph in glyphs)
    return "".join([*parts, text[end:]])


def marks_behind(text: str) -> str:
    """Return the text with the sign of the indefinite behind its letter, in the word that both were parted from."""
    return text if text.isascii() else _SIGN_FIRST.sub(lambda end: f"{end[1][0]}\u064b{end[1][1:]}", text)


def _glyphs(page: Page, run: re.Match[str]) -> Iterator[_Glyph]:
    x, y = ctypes.c_double(), ctypes.c_double()

    def place(index: int) -> tuple[float, float]:
        pdfium_c.FPDFText_GetCharOrigin(page.text, index, x, y)
        return x.value, y.value

    for (left, _), group in groupby(range(run.start(), run.end()), place):
        indexes = [*group]
        yield _Glyph(run.string[indexes[0] : indexes[-1] + 1], indexes[0], left)


def _are_turned(glyphs: Sequence[str]) -> bool:
    """Return whether glyphs of more than one character come turned round here, by those of which it is known."""
    known = [(glyph in _ligatures(), glyph[::-1] in _ligatures()) for glyph in glyphs if len(glyph) > 1]
    return known.count((True, False)) <= known.count((False, True))


def _ordered(page: Page, glyphs: Sequence[_Glyph], *, are_turned: bool) -> Iterator[str]:
    for is_space, group in groupby(glyphs, lambda glyph: glyph.said.isspace()):
        word = [*group]
        said = [glyph.said if is_space else _turned(glyph.said, are_turned=are_turned) for glyph in word]
        yield "".join(said[::-1] if _rises(word) and _is_upright(page, word[0]) else said)


def _turned(said: str, *, are_turned: bool) -> str:
    if len(said) == 1:
        return said
    if sum(not unicodedata.combining(character) for character in said) < 2:  # a letter with its marks
        return said[::-1] if unicodedata.combining(said[0]) else said
    is_known, is_known_turned = said in _ligatures(), said[::-1] in _ligatures()
    return said[::-1] if (is_known_turned if is_known != is_known_turned else are_turned) else said


def _rises(glyphs: Sequence[_Glyph]) -> bool:
    """Return whether most of a word's glyphs stand to the right of the one before."""
    steps = [after.x - before.x for before, after in pairwise(glyphs)]
    return sum(step > 0 for step in steps) > len(steps) / 2


def _is_upright(page: Page, glyph: _Glyph) -> bool:
    matrix = pdfium_c.FS_MATRIX()
    return bool(pdfium_c.FPDFText_GetMatrix(page.text, glyph.at, matrix) and matrix.a > 0)


@lru_cache(maxsize=1)
def _ligatures() -> frozenset[str]:
    """Return what glyphs stand for that have a code point of their own, in the order of reading."""
    said = (unicodedata.normalize("NFKC", chr(code)) for codes in _LIGATURES for code in codes)
    return frozenset(text for text in said if len(text) > 1 and " " not in text)
