"""Text as words, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"(?:[^\W_]|[\u0900-\u0fff])+")  # the vowel signs of South Asian scripts are no letters to \w
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)")
_ACCENT = re.compile(r"[\u0300-\u036f]")


def split(text: str, *, accents: bool = False) -> list[str]:
    """Return the words of a text in order, in lower case, and without accents unless asked for.

    Chinese and Japanese, which put no spaces between words, yield each pair of neighbouring characters.
    """
    text = text.lower()
    if text.isascii():
        return _WORD.findall(text)
    written = unicodedata.normalize("NFKC", text) if accents else _plain(text)
    return [
        word
        for part, run in enumerate(_UNSPACED.split(written))
        for word in (_pairs(run) if part % 2 else _WORD.findall(run))
    ]


def are_parted(text: str) -> bool:
    """Return whether the text is in a script that puts spaces between words, so that they can be counted."""
    return not _UNSPACED.search(text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text)))


def _pairs(run: str) -> Iterator[str]:
    return (run[start : start + 2] for start in range(max(1, len(run) - 1)))
