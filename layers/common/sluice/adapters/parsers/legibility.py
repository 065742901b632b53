"""Tells text from what comes out of fonts that don't say which characters their glyphs are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

from sluice.adapters.parsers.alphabets import fit

_VOWELS = frozenset("aeiouy")
_ASCII_VOWELS = "aeiouAEIOU"
# Every language in Latin letters has a third or more; what is shifted by some code points has about a seventh.
_FEWEST_VOWELS = 0.23
_FEWEST_LETTERS = 20
_MOST_CHANGES = 0.2
# A table of figures has more digits than points and signs.
_FEWEST_ALPHANUMERICS = 0.4
_MOST_LOST = 0.2
_SAMPLE = 2_000
# PDFium's, at the end of a line.
_HYPHEN = "\x02"
# The first glyphs of a font, which are numbered from 1 or 3 on.
_NUMBER = re.compile("[\x01\x03-\x08\x0e-\x1f]")
_MOST_NUMBERS = 0.08
# Letters of phonetics, of few languages and of none any more: numbers of glyphs are low, but not as low as letters.
_UNLIKELY = re.compile(
    "[\u0180-\u019f\u01a2-\u01ae\u01b1-\u01cc\u01dd-\u0217\u021c-\u02af\u0370-\u0383\u03e2-\u03ff\u3400-\u4dbf]"
)
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_SPACES = re.compile(" {2,}")
# Controls, private use, and the character for what is none.
_UNKNOWN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]")


def is_legible(text: str) -> bool:
    """Return False for words of several scripts, for letters that make no words, and for signs without letters.

    Short texts pass, and figures do, unless most of it are letters that hardly anybody writes.
    """
    if _has_vowels(text[:_SAMPLE]):
        return True
    if _is_of_numbers(text[:_SAMPLE]):
        return False
    letters = _letters(text[:_SAMPLE])
    if letters.total() < _FEWEST_LETTERS:
        return not _is_of_signs(text[:_SAMPLE])
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[_script(letter)] += count
    if len(scripts) > 1 and _changes_script(text[:_SAMPLE]):
        return False
    if scripts.most_common(1)[0][0] != "LATIN":
        return True
    vowels = sum(letters[vowel] for vowel in _VOWELS)
    return vowels >= letters.total() * _FEWEST_VOWELS and fit(text[:_SAMPLE]) > 0.5


def _letters(text: str) -> Counter[str]:
    """Return how often each letter is there, without its accents."""
    counts = Counter(unicodedata.normalize("NFD", text).lower())
    return Counter({character: count for character, count in counts.items() if character.isalpha()})


def _has_vowels(text: str) -> bool:
    """Tell most texts in Latin letters at once, by a share of all of their characters."""
    return sum(map(text.count, _ASCII_VOWELS)) > len(text) * _FEWEST_VOWELS


def is_unassigned(text: str) -> bool:
    """Return whether most of the text is private to its font, or stands for what could not be mapped."""
    # Most pages; no other unknown is printable.
    if "\ufffd" not in text and text.replace("\r\n", " ").replace(_HYPHEN, "").isprintable():
        return False
    unknown = len(_UNKNOWN.findall(text))
    return unknown > 0 and unknown > len("".join(text.split())) * 0.5


def has_numbers(text: str) -> bool:
    """Return whether a character is the number of a glyph."""
    return not text.isprintable() and bool(_NUMBER.search(text))


def is_lost(text: str) -> bool:
    """Return whether signs stand in the place of much of the text."""
    return text.count("\ufffd") > len(text) * _MOST_LOST


def without_unassigned(text: str) -> str:
    """Return the text with a space in the place of what is private to its font."""
    return _SPACES.sub(" ", _UNKNOWN.sub(" ", text))


def _changes_script(text: str) -> bool:
    """Return whether letters often stand beside those of another script; in a text of two languages words don't."""
    beside = [(before, after) for before, after in pairwise(text) if before.isalpha() and after.isalpha()]
    changes = sum(_script(before) != _script(after) for before, after in beside)
    return changes > len(beside) * _MOST_CHANGES


def _is_of_numbers(text: str) -> bool:
    """Return whether it shows that these are numbers of glyphs."""
    shown = "".join(text.split())
    unlikely = len(_UNLIKELY.findall(shown)) + sum(map(_is_rare, _SYLLABLE.findall(shown)))
    return len(_NUMBER.findall(shown)) > len(shown) * _MOST_NUMBERS or unlikely > len(shown) / 2


def _is_rare(syllable: str) -> bool:
    """Korean is written in the 2,350 syllables of KS X 1001, of 11,172."""
    return len(syllable.encode("euc_kr", "ignore")) != 2


def _is_of_signs(text: str) -> bool:
    """Return whether it is mostly signs of the first code page: numbers of glyphs are small."""
    shown = "".join(text.split())
    meant = sum(character.isalnum() or character > "\xff" for character in shown)
    return len(shown) >= 2 * _FEWEST_LETTERS and meant < len(shown) * _FEWEST_ALPHANUMERICS


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if script in {"HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH"} else script
