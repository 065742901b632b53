"""Tells how usual a text's East Asian characters are, which is what text in the wrong encoding fails at."""

from __future__ import annotations

import re

# For each encoding the national set, and the first bytes of the characters in everyday use: the first level of
# GB 2312, Big5 and JIS X 0208. Korean is written without ideographs.
_LEVELS = {
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "big5": ("big5", range(0xA4, 0xC7)),
    "cp932": ("euc_jp", range(0xB0, 0xD0)),
    "euc_jp": ("euc_jp", range(0xB0, 0xD0)),
    "cp949": ("euc_kr", range(0)),
}
EASTERN = tuple(_LEVELS)
_KANA = re.compile("[\u3041-\u30fa]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
# Narrow signs of punctuation, of which Japanese in another encoding is full, and what is private.
_NEVER = re.compile("[\uff61-\uff65\ue000-\uf8ff]")
_CHINESE = frozenset({"gb18030", "big5"})
# Names and terms are of the second level.
_USUAL_SHARE = 0.1


def rarity(text: str, encoding: str) -> float:
    """Return the share of characters that hardly anyone writes in the language of this encoding, 0 to 0.9.

    Syllables of Japanese are rare in Chinese: they are the same bytes in an encoding of China's and in Japan's.
    """
    if encoding not in _LEVELS:
        return 0.0
    charset, everyday = _LEVELS[encoding]
    foreign = [character for character in text if character > "\x7f"]
    odd = len(_KANA.findall(text)) if encoding in _CHINESE else 0
    odd += len(_NEVER.findall(text))
    ideographs = [character for character in foreign if "\u3400" <= character <= "\u9fff"]
    odd += sum(character.encode(charset, "replace")[0] not in everyday for character in ideographs)
    return max(0.0, odd / max(1, len(foreign)) - _USUAL_SHARE)


def is_certain(text: str, encoding: str) -> bool:
    """Return whether the text can be of no other East Asian language: it has Japan's syllables, or only Korea's.

    Korean read as Chinese makes usual characters too, but Chinese read as Korean is a mixture.
    """
    foreign = sum(character > "\x7f" for character in text)
    if encoding in ("cp932", "euc_jp"):
        return len(_KANA.findall(text)) > foreign * 0.2
    return encoding == "cp949" and len(_HANGUL.findall(text)) > foreign * 0.8


def could_be_meant(text: str, encoding: str) -> bool:
    """Return False for narrow katakana alone, which any bytes make, and for Korean with much else in it."""
    return encoding in _CHINESE or encoding not in _LEVELS or is_certain(text, encoding)
