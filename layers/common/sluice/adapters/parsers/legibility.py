"""Tells text from what comes out of fonts that don't say which characters their glyphs are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from sluice.adapters.parsers.alphabets import fit

_VOWELS = frozenset("aeiouy")
# Every language in Latin letters has a third or more; what is shifted by some code points has about a seventh.
_FEWEST_VOWELS = 0.23
_FEWEST_LETTERS = 20
# A table of figures has more digits than points and signs.
_FEWEST_ALPHANUMERICS = 0.4
_SAMPLE = 2_000
# Controls, private use, and the character for what is none.
_UNKNOWN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]")


def is_legible(text: str) -> bool:
    """Return False for letters that are of no one script, or that make no words in it, and for signs without letters.

    Short texts pass, and figures do.
    """
    letters = [letter for letter in unicodedata.normalize("NFD", text[:_SAMPLE]).lower() if letter.isalpha()]
    if len(letters) < _FEWEST_LETTERS:
        return not _is_of_signs(text[:_SAMPLE])
    script, count = Counter(map(_script, letters)).most_common(1)[0]
    if count < len(letters) * 0.6:
        return False
    if script != "LATIN":
        return True
    vowels = sum(letter in _VOWELS for letter in letters)
    return vowels >= len(letters) * _FEWEST_VOWELS and fit(text[:_SAMPLE]) > 0.5


def is_unassigned(text: str) -> bool:
    """Return whether most of the text is private to its font, or stands for what could not be mapped."""
    if "\ufffd" not in text and text.replace("\r\n", " ").isprintable():  # most pages; no other unknown is printable
        return False
    unknown = len(_UNKNOWN.findall(text))
    return unknown > 0 and unknown > len("".join(text.split())) * 0.5


def _is_of_signs(text: str) -> bool:
    """Return whether it is mostly signs of the first code page: numbers of glyphs are small."""
    shown = "".join(text.split())
    meant = sum(character.isalnum() or character > "\xff" for character in shown)
    return len(shown) >= 2 * _FEWEST_LETTERS and meant < len(shown) * _FEWEST_ALPHANUMERICS


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if script in {"HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH"} else script
