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
_SIGN_IN_WORD = re.compile("(?<=[^\\W\\d_])[¤¦¬±¶«»†-•…‰‘‚“-„‹›](?=[^\\W\\d_])|(?<!\\S)[–—†-•…](?=[^\\W\\d_])")


def oddity(text: str) -> float:
    """Return the share of characters beyond ASCII that stand where a writer would not put them."""
    foreign = sum(character > "\x7f" for character in text)
    odd = sum(_is_odd(left, right) for left, right in pairwise(text))
    odd += len(_SIGN_IN_WORD.findall(text)) + len(_LONE_SIGN.findall(text))
    return odd / max(foreign, 1)


def _is_odd(left: str, right: str) -> bool:
    """A change of alphabet or to a capital within a word, a sign or a digit at a letter, an accent on nothing."""
    if left <= "\x7f" and right <= "\x7f":
        return False
    if left.isalpha() and right.isalpha():
        if _EAST <= max(left, right) <= _EAST_END and min(left, right) <= "\x7f":
            return _is_rare(right)  # words of one and the other stand side by side
        return _script(left) != _script(right) or (_is_lower(left) and right.isupper()) or _is_rare(right)
    category = unicodedata.category(right)
    if category == "Mn":
        return unicodedata.category(left) != "Mn" and not (
            left.isalpha() and _script(right) in {"COMBINING", _script(left)}
        )
    return left.isalpha() and right > "\x7f" and category in {"Sc", "Sm", "So", "No", "Nd", "Co", "Cc", "Ps"}


def _is_lower(character: str) -> bool:
    return character.islower() and character not in NO_LETTERS


def _is_rare(character: str) -> bool:
    """Korean is written in the 2,350 syllables of KS X 1001; other bytes read as Korean hit all 11,172."""
    return _script(character) == "HANGUL" and len(character.encode("euc_kr", "ignore")) != 2


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
