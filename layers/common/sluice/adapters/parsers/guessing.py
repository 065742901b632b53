"""Guesses the encoding of text that says nothing of it, by the text that each would make."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import NamedTuple

from sluice.adapters.parsers.alphabets import fit
from sluice.adapters.parsers.ideographs import EASTERN, could_be_meant, is_certain, rarity
from sluice.adapters.parsers.oddities import alphabet, oddity
from sluice.errors import UnsupportedKind

# The encodings that files without a mark really have, the commonest first: it wins where two fit alike.
_LEGACY = [
    "cp1252", "cp1251", "cp932", "euc_jp", "cp949", "gb18030", "big5", "cp1250", "cp1254", "cp1253", "cp1256", "cp1255",
    "iso8859_2", "koi8_r", "koi8_u", "cp1257", "cp874", "cp1258", "iso8859_7",
]  # fmt: skip
# Those of other alphabets, which nobody chooses for a text without any of their letters.
_OF_OTHER_ALPHABETS = frozenset({
    "cp1251", "koi8_r", "koi8_u", "cp866", "mac_cyrillic", "iso8859_5", "cp855", "cp1253", "iso8859_7", "cp1255",
    "cp862", "cp1256", "iso8859_6", "cp874",
})  # fmt: skip
_WITHOUT_CAPITALS = frozenset({"HEBREW", "ARABIC", "THAI"})
_FINAL = re.compile(r"[ךםןףץ]\b")
_ENOUGH_FINALS = 3
# Those of systems long gone: only where no other fits as well.
_RARE = [
    "iso8859_15",
    "mac_roman",
    "cp850",
    "cp852",
    "cp866",
    "mac_cyrillic",
    "iso8859_5",
    "cp855",
    "iso8859_6",
    "johab",
    "cp857",
    "cp862",
]
_ENCODINGS = [*_LEGACY, *_RARE]
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_WINDOWS_SIGN = re.compile(b"[\x80-\x9f]")
_SAMPLE = 65_536
_SMALL_SAMPLE = 8_192
# Bytes beyond ASCII from which one can tell something by their variety.
_ENOUGH = 30
_MOST_LINES = 10_000
_FEW = 4
# Any text of one language has more of its common letters.
_LEAST_FIT = 0.8

_REFUSAL = "The text's encoding can't be told for certain; save the file as UTF-8 and upload it again."


class _Guess(NamedTuple):
    text: str
    encoding: str
    oddity: float
    fit: float
    chaos: float
    coherence: float


def guessed(body: bytes) -> str:
    """Return the text in the one legacy encoding that fits; raise `UnsupportedKind` when several or none do."""
    telling = _telling(body)
    if _is_damaged_utf8(telling) or b"\0" in body or _is_monotonous(telling):
        raise UnsupportedKind(_REFUSAL)
    found = _guesses(body if _high(body) else telling)
    guesses = _plausible(found)
    if (
        not guesses
        or _is_unfit(guesses[0])
        or any(_differs(guesses[0], other) for other in guesses[1:])
        or _is_chance(telling, guesses)
    ):
        raise UnsupportedKind(_REFUSAL)
    encoding = _challenged(guesses[0].encoding, telling, {guess.encoding for guess in found})
    text = attempt(body, encoding)
    if text is None:
        raise UnsupportedKind(_REFUSAL)
    return _with_euros(body) if encoding == "cp1252" and "¤" in text else text


def _challenged(encoding: str, telling: bytes, known: set[str]) -> str:
    """Return the encoding, or one that was not thought of and makes a clearly better text of the same lines."""
    sample = telling[:_SMALL_SAMPLE]
    best = _guess(_beginning(sample, encoding), encoding)
    others = (_guess(text, other) for other in _RARE if other not in known and (text := _beginning(sample, other)))
    better = [other for other in others if _is_better(other, best) and not _is_trace(other)]
    return min(better, key=lambda guess: (guess.oddity, -guess.fit)).encoding if better else encoding


def _is_better(guess: _Guess, best: _Guess) -> bool:
    if guess.oddity + 0.02 <= best.oddity and guess.fit >= best.fit - 0.05:
        return True
    return guess.oddity <= best.oddity and guess.fit >= best.fit + 0.15


def _with_euros(body: bytes) -> str:
    """ISO 8859-15 put the euro in the place of a sign that nobody writes, and lacks what Windows has before it."""
    return body.decode("cp1252" if _WINDOWS_SIGN.search(body) else "iso8859_15")


def _is_damaged_utf8(body: bytes) -> bool:
    """Most bytes beyond ASCII form UTF-8 sequences; read as anything else they would be mojibake."""
    return sum(len(sequence) for sequence in _MULTIBYTE.findall(body[:_SAMPLE])) > _high(body) * 0.8


def _is_monotonous(body: bytes) -> bool:
    """Return whether the same few bytes come again and again, as no language's do: what fills a disk is no text."""
    high = [byte for byte in body[:_SAMPLE] if byte > 0x7F]
    return len(high) > _ENOUGH and len(set(high)) <= _FEW and len(high) > len(body[:_SAMPLE]) * 0.5


def _is_unfit(guess: _Guess) -> bool:
    """Names of many languages stand beside each other in the encoding of most files only."""
    return guess.encoding != "cp1252" and guess.fit < _LEAST_FIT


def _is_chance(body: bytes, guesses: list[_Guess]) -> bool:
    """One or two characters make a word in many encodings, and signs among letters may be letters in another.

    Only the encoding of most files is then taken at its word.
    """
    best, *others = guesses
    if best.encoding == "cp1252":
        return False
    if _high(body) <= 2:
        return any(other.text != best.text for other in others)
    return _share_of_letters(best) < 0.5 and any(_share_of_letters(other) > 0.9 for other in others)


def _share_of_letters(guess: _Guess) -> float:
    foreign = [character for character in guess.text[:_SMALL_SAMPLE] if character > "\x7f"]
    return sum(map(str.isalpha, foreign)) / max(1, len(foreign))


def _high(body: bytes) -> int:
    """Return how many bytes of the sample are beyond ASCII."""
    return sum(byte > 0x7F for byte in body[:_SAMPLE])


def _telling(body: bytes) -> bytes:
    """Return the lines beyond ASCII, which much else, such as the scripts of a page, would hide."""
    lines = islice((line for line in body.split(b"\n") if not line.isascii()), _MOST_LINES)
    return b"\n".join(lines)[: _SAMPLE * 4]


def _guesses(body: bytes) -> list[_Guess]:
    from charset_normalizer import from_bytes

    guesses = [
        _guess(str(same), same.encoding, match.chaos, match.coherence)
        for match in from_bytes(body[: _SAMPLE * 4], cp_isolation=_ENCODINGS)
        for same in (match, *match.submatch)
    ]
    if any(guess.encoding in EASTERN for guess in guesses):
        return guesses
    missed = _ENCODINGS if not guesses and _high(body) >= _ENOUGH else EASTERN
    more = (_guess(text, encoding) for encoding in missed if (text := attempt(body, encoding)))
    return guesses + [guess for guess in more if could_be_meant(guess.text[:_SAMPLE], guess.encoding)]


def _guess(text: str, encoding: str, chaos: float = 0.0, coherence: float = 0.0) -> _Guess:
    sample = text[:_SAMPLE]
    return _Guess(text, encoding, oddity(sample) + rarity(sample, encoding), fit(sample), chaos, coherence)


def _plausible(guesses: list[_Guess]) -> list[_Guess]:
    """Return the guesses that are as free of oddities as the best one, best first."""
    meant = [guess for guess in guesses if not _is_trace(guess)]
    least = min((guess.oddity + guess.chaos for guess in meant), default=0.0)
    close = [guess for guess in meant if guess.oddity + guess.chaos <= least + 0.02 and guess.oddity < 0.1]
    certain = [guess for guess in close if is_certain(guess.text[:_SAMPLE], guess.encoding)]
    return sorted(certain or _unless_shouted(close), key=_rank)


def _unless_shouted(guesses: list[_Guess]) -> list[_Guess]:
    """Leave out those of nothing but capitals where an alphabet without capitals makes as much of a language."""
    without = [guess for guess in guesses if alphabet(guess.text[:_SAMPLE]) in _WITHOUT_CAPITALS]
    shouted = [guess for guess in guesses if _is_shouted(guess.text)]
    best = max((guess.coherence for guess in shouted), default=0.0)
    if not any(guess.coherence >= best or _ends_words(guess.text[:_SAMPLE]) for guess in without):
        return guesses
    return [guess for guess in guesses if guess not in shouted]


def _ends_words(text: str) -> bool:
    """Return whether words end in letters that only end words; that none stands within a word shows as an oddity."""
    return len(_FINAL.findall(text)) >= _ENOUGH_FINALS


def _rank(guess: _Guess) -> tuple[float, ...]:
    is_rare = guess.encoding in _RARE
    return -round(guess.fit, 1), is_rare, -round(guess.fit, 2), round(guess.oddity, 2), _ENCODINGS.index(guess.encoding)


def _is_trace(guess: _Guess) -> bool:
    """A handful of foreign letters in Latin text are no text in another alphabet, but signs in another code page."""
    if alphabet(guess.text[:_SAMPLE]) == "LATIN":
        return guess.encoding in _OF_OTHER_ALPHABETS
    letters = [character for character in guess.text[:_SAMPLE] if character.isalpha()]
    return sum(character > "\x7f" for character in letters) < len(letters) * 0.02


def _differs(best: _Guess, other: _Guess) -> bool:
    """Another alphabet that fits nearly as well makes the guess worthless, unless it makes nothing but capitals."""
    is_near = other.coherence > best.coherence - 0.3 and other.fit > best.fit - 0.1
    return is_near and not _is_shouted(other.text) and alphabet(best.text[:_SAMPLE]) != alphabet(other.text[:_SAMPLE])


def _is_shouted(text: str) -> bool:
    foreign = [letter for letter in text[:_SAMPLE] if letter > "\x7f" and letter.isalpha()]
    return sum(letter.isupper() for letter in foreign) > len(foreign) * 0.9


def _beginning(body: bytes, encoding: str) -> str:
    """Return the text without a character that is cut at its end, empty where it is not of this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(body)
    except (UnicodeError, LookupError):
        return ""


def attempt(body: bytes, encoding: str) -> str | None:
    """Return the text, None where the bytes are not of this encoding."""
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None
