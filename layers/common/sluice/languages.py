"""Tells the language of a text, as the name of a text search configuration of PostgreSQL."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

UNKNOWN = "simple"

_FILE = Path(__file__).with_name("function_words.txt")

_WORD = re.compile(r"[^\W\d_][^\s\d!-/:-@\[-`{-~،؟।]*")
# The same for texts in ASCII, several times as fast: what is no letter parts words.
_PARTED = "".join(character if character.isalpha() else " " for character in map(chr, range(128)))
_FEWEST_WORDS = 2
_LEAST_SHARE = 0.08
# What a word of one letter counts: it may be an initial or a symbol.
_LETTER = 0.25
# Between relatives that a text fits alike, the one with more readers.
_WIDESPREAD = (
    "english",
    "spanish",
    "french",
    "german",
    "portuguese",
    "italian",
    "russian",
    "arabic",
    "hindi",
    "swedish",
)
# Their letters are of one language, as far as there is a choice.
_OWN_SCRIPTS = {"greek": "\u0370-\u03ff\u1f00-\u1fff", "armenian": "\u0531-\u0587", "tamil": "\u0b80-\u0bff"}
# Longer texts are judged by their beginning.
_CHARACTERS = 4_000


def language_of(text: str) -> str:
    """Return the configuration for a text, `UNKNOWN` where its function words don't tell."""
    beginning = text[:_CHARACTERS].lower()
    words = beginning.translate(_PARTED).split() if beginning.isascii() else _WORD.findall(beginning)
    of_word = _languages()
    hits: defaultdict[str, float] = defaultdict(float)
    for word, times in Counter(filter(of_word.__contains__, words)).items():
        for language in of_word[word]:
            hits[language] += times * (_LETTER if len(word) == 1 else 1.0)
    best = max(hits, key=lambda language: (hits[language], language in _WIDESPREAD), default=UNKNOWN)
    if hits[best] >= max(_FEWEST_WORDS, _LEAST_SHARE * len(words)):
        return best if best in configurations() else UNKNOWN
    return _by_script(beginning)


def languages_of(texts: Sequence[str]) -> list[str]:
    """Return the configuration of each part of a document; one that doesn't tell follows the others."""
    each = [language_of(text) for text in texts]
    if UNKNOWN not in each:
        return each
    known = Counter(language for language in each if language != UNKNOWN)
    whole = known.most_common(1)[0][0] if known else language_of("\n".join(texts))
    return [whole if language == UNKNOWN else language for language in each]


def content_words(text: str, language: str) -> str:
    """Return the text without the function words of its language."""
    return " ".join(
        word for word in text.split() if language not in _languages().get(word.lower().strip("?!.,;:¿¡"), ())
    )


@cache
def configurations() -> frozenset[str]:
    """Return the languages that texts can be taken for."""
    return frozenset(language for language in _function_words() if not language.startswith("-"))


@cache
def _languages() -> Mapping[str, list[str]]:
    """Return the languages that each function word belongs to."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for language, words in _function_words().items():
        for word in dict.fromkeys(words):
            found[word].append(language)
    return dict(found)


@cache
def _function_words() -> Mapping[str, list[str]]:
    lines = _FILE.read_text("utf-8").splitlines()
    entries = " ".join(line for line in lines if not line.startswith("#")).split(":")
    names = [entry.rpartition(" ")[2] for entry in entries[:-1]]
    words = [entry.split()[:-1] for entry in entries[1:-1]] + [entries[-1].split()]
    return dict(zip(names, words, strict=True))


def _by_script(text: str) -> str:
    letters = sum(character.isalpha() for character in text)
    for language, script in _OWN_SCRIPTS.items():
        if len(re.findall(f"[{script}]", text)) > letters / 2:
            return language
    return UNKNOWN
