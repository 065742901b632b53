"""Tells where a text's characters stand as no writer would put them, which shows that its encoding is another."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from sluice.adapters.parsers.alphabets import NO_LETTERS

_EAST, _EAST_END = "\u2e80", "\ud7ff"
_OF_EAST_ASIA = frozenset({"HIRAGANA", "KATAKANA", "FULLWIDTH", "HALFWIDTH", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"})
_SIGNS_LIKE_LETTERS = frozenset({"MICRO", "FEMININE", "MASCULINE"})
# A single sign of East Asia at a Latin letter: two Latin letters of another code page.
_LONE_SIGN = re.compile(
    "(?<![\u2e80-\u9fff])[\u2e80-\u9fff](?=[a-zA-Z])|(?<=[a-zA-Z])[\u2e80-\u9fff](?![\u2e80-\u9fff])"
)
# Signs within a word, and dashes before one: letters of another code page.
_SIGN_IN_WORD = re.compile("(?<=[^\\W\\d_])[¡¤¦¬±¶«»¿†-•…‰‘‚“-„‹›](?=[^\\W\\d_])|(?<!\\S)[–—†-•…](?=[^\\W\\d_])")
# Controls of the second set, which only encodings by ISO have; fractions and marks of direction before a Latin letter.
_NEVER_WRITTEN = re.compile("[\x80-\x9f]|[¹²³¼½¾\u200e\u200f](?=[a-zà-ž])")
# What the last letter of many words in a Russian text of a Macintosh is in the code page of Windows.
_MAC_CYRILLIC = re.compile(r"[а-яё]Я\b")
# Letters that only end a word, or begin none, and a sign that is a capital in another Greek encoding.
_MISPLACED = re.compile("ς(?=[α-ώ])|[ךםןףץ](?=[א-ת])|(?<![^\\W\\d_])ь(?=[а-я])|¶(?=[α-ώ])")
_TELLING = 5
# Hungarian in the code page of Western Europe: Portuguese, which has the other accents, writes õ before e only.
_HUNGARIAN = re.compile("õ(?!e)")
_ACCENTED = re.compile("[áéíóú]")
_VIETNAMESE = re.compile("[ăđơư]")


def oddity(text: str) -> float:
    """Return the share of characters beyond ASCII that stand where a writer would not put them."""
    foreign = sum(character > "\x7f" for character in text)
    odd = sum(_is_odd(left, right) for left, right in pairwise(text)) + sum(map(_is_rare, text))
    odd += len(_SIGN_IN_WORD.findall(text)) + len(_LONE_SIGN.findall(text)) + len(_NEVER_WRITTEN.findall(text))
    odd += (len(_MAC_CYRILLIC.findall(text)) + len(_MISPLACED.findall(text))) * _TELLING
    if _ACCENTED.search(text) and not _VIETNAMESE.search(text):
        odd += len(_HUNGARIAN.findall(text))
    return odd / max(foreign, 1)


def _is_odd(left: str, right: str) -> bool:
    """A change of alphabet or to a capital within a word, a sign or a digit at a letter, an accent on nothing."""
    if left <= "\x7f" and right <= "\x7f":
        return False
    if left.isalpha() and right.isalpha():
        if _EAST <= max(left, right) <= _EAST_END and min(left, right) <= "\x7f":
            return False  # words of one and the other stand side by side
        return _script(left) != _script(right) or (_is_lower(left) and right.isupper())
    if _is_sign(left) and _is_sign(right) and left != right:
        return True
    category = unicodedata.category(right)
    if category == "Mn":
        return unicodedata.category(left) != "Mn" and not (
            left.isalpha() and _script(right) in {"COMBINING", _script(left)}
        )
    if left == "m" and right in "²³":
        return False
    return left.isalpha() and right > "\x7f" and category in {"Sc", "Sm", "So", "No", "Nd", "Co", "Cc", "Ps"}


def _is_sign(character: str) -> bool:
    """Return whether it is a sign of mathematics or a block, but none of the lines that frame tables."""
    return "\u2200" <= character <= "\u24ff" or "\u2580" <= character <= "\u25ff"


def _is_lower(character: str) -> bool:
    return character.islower() and character not in NO_LETTERS


def _is_rare(character: str) -> bool:
    """Korean is written in the 2,350 syllables of KS X 1001; other bytes read as Korean hit all 11,172."""
    return "\uac00" <= character <= "\ud7a3" and len(character.encode("euc_kr", "ignore")) != 2


def alphabet(text: str) -> str:
    """Return the script of most letters beyond ASCII; Latin where there are none."""
    names = [_script(character) for character in text if character > "\x7f" and character.isalpha()]
    return max(set(names), key=names.count) if names else "LATIN"


@lru_cache(maxsize=1 << 14)
def _script(character: str) -> str:
    """Return the first word of the character's name: LATIN, CYRILLIC, CJK."""
    name = unicodedata.name(character, "")
    script = name.partition(" ")[0]
    if script in _OF_EAST_ASIA:
        return "CJK"
    return "LATIN" if script in _SIGNS_LIKE_LETTERS else script
