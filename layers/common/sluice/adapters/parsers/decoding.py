"""Turns bytes into text: the right text, or a refusal when the encoding can't be told."""

from __future__ import annotations

import codecs
import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from sluice.adapters.parsers.alphabets import fit
from sluice.adapters.parsers.ideographs import EASTERN, could_be_meant, is_certain, rarity
from sluice.errors import UnsupportedKind

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
# The encodings that files without a mark really have, the commonest first: it wins where two fit alike.
_LEGACY = [
    "cp1252", "cp1251", "cp932", "euc_jp", "cp949", "gb18030", "big5", "cp1250", "cp1254", "cp1253", "cp1256", "cp1255",
    "iso8859_2", "koi8_r", "cp1257", "cp874", "cp1258", "iso8859_7",
]  # fmt: skip
# Those of systems long gone: only where no other fits as well.
_RARE = ["mac_roman", "cp850", "cp852", "cp866", "mac_cyrillic", "iso8859_5", "cp855", "iso8859_6", "johab"]
_ENCODINGS = [*_LEGACY, *_RARE]
_EAST, _EAST_END = "\u2e80", "\ud7ff"
_OF_EAST_ASIA = frozenset({"HIRAGANA", "KATAKANA", "FULLWIDTH", "HALFWIDTH", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"})
# A single sign of East Asia at a Latin letter: two Latin letters of another code page.
_LONE_SIGN = re.compile(
    "(?<![\u2e80-\u9fff])[\u2e80-\u9fff](?=[a-zA-Z])|(?<=[a-zA-Z])[\u2e80-\u9fff](?![\u2e80-\u9fff])"
)
# HTML's names for encodings mean their Windows supersets (WHATWG Encoding Standard, section 4.2).
_WEB_NAMES = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-9": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "tis-620": "cp874", "iso-8859-11": "cp874",
}  # fmt: skip
_DECLARED = re.compile(rb"<(?:meta\b[^>]*?charset\s*=|\?xml\b[^>]*?encoding\s*=)\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Signs within a word, and dashes before one: letters of another code page.
_SIGN_IN_WORD = re.compile("(?<=[^\\W\\d_])[¤¦¬±¶«»†-•…‰‘‚“-„‹›](?=[^\\W\\d_])|(?<!\\S)[–—†-•…](?=[^\\W\\d_])")
_SAMPLE = 65_536

_REFUSAL = "The text's encoding can't be told for certain; save the file as UTF-8 and upload it again."


class _Guess(NamedTuple):
    text: str
    encoding: str
    oddity: float
    fit: float
    chaos: float
    coherence: float


def decode(body: bytes) -> str:
    """Return the text of the file; raise `UnsupportedKind` when it is binary or its encoding can't be told."""
    for attempt in (_marked, _escaped, _wide, _utf8, _declared):
        text = attempt(body)
        if text is not None:
            return _checked(text)
    return _checked(_guessed(body))


def _attempt(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _marked(body: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _MARKS if body.startswith(mark)), None)
    return _attempt(body, encoding) if encoding else None


def _escaped(body: bytes) -> str | None:
    """ISO-2022 switches alphabets by escapes and is otherwise ASCII, so that it would pass for UTF-8."""
    if b"\x1b$" not in body or not body.isascii():
        return None
    # Korean is announced once, and then switched on and off by bytes that are controls elsewhere.
    return _attempt(body, "iso2022_kr") if b"\x1b$)C" in body else _attempt(body, "iso2022_jp_2")


def _wide(body: bytes) -> str | None:
    """UTF-16 and UTF-32 without a mark: NUL bytes, and no unassigned or control character once decoded."""
    if b"\0" not in body[:_SAMPLE]:
        return None
    texts = [text for encoding in _WIDE if (text := _attempt(body, encoding)) and _is_assigned(text[:_SAMPLE])]
    # The wrong byte order turns the spaces, line ends and digits that every script uses into rare characters.
    return max(texts, key=lambda text: sum(character < "\x7f" for character in text[:_SAMPLE]), default=None)


def _is_assigned(text: str) -> bool:
    return not any(
        unicodedata.category(character) in {"Cn", "Co", "Cs"} or _CONTROL.match(character) for character in text
    )


def _utf8(body: bytes) -> str | None:
    return _attempt(body, "utf-8")


def _declared(body: bytes) -> str | None:
    """Return the text in the encoding that an HTML page says it has."""
    declared = _DECLARED.search(body[:4096])
    if not declared:
        return None
    name = declared[1].decode("ascii", "replace").lower()
    return _attempt(body, _WEB_NAMES.get(name, name))


def _checked(text: str) -> str:
    """Text has hardly any control characters but those with which it is filled up; a binary file has many."""
    text = text.rstrip("\0")
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > max(2, len(sample) * 0.01):
        raise UnsupportedKind(
            "This is a binary file of an unknown kind; send PDF, Office, HTML, mail, EPUB, RTF or text."
        )
    return text


def _guessed(body: bytes) -> str:
    """Return the text in the one legacy encoding that fits; raise `UnsupportedKind` when several or none do."""
    if _is_damaged_utf8(body) or b"\0" in body:
        raise UnsupportedKind(_REFUSAL)
    guesses = _plausible(_guesses(body))
    if not guesses:
        raise UnsupportedKind(_REFUSAL)
    best = guesses[0]
    text = _attempt(body, best.encoding)
    if text is None or any(_differs(best, other) for other in guesses[1:]):
        raise UnsupportedKind(_REFUSAL)
    return text


def _is_damaged_utf8(body: bytes) -> bool:
    """Most bytes beyond ASCII form UTF-8 sequences; read as anything else they would be mojibake."""
    high = sum(byte > 0x7F for byte in body[:_SAMPLE])
    return sum(len(sequence) for sequence in _MULTIBYTE.findall(body[:_SAMPLE])) > high * 0.8


def _guesses(body: bytes) -> list[_Guess]:
    from charset_normalizer import from_bytes

    guesses = [
        _guess(str(same), same.encoding, match.chaos, match.coherence)
        for match in from_bytes(body[: _SAMPLE * 4], cp_isolation=_ENCODINGS)
        for same in (match, *match.submatch)
    ]
    if any(guess.encoding in EASTERN for guess in guesses):
        return guesses
    missed = (_guess(text, encoding) for encoding in EASTERN if (text := _attempt(body, encoding)))
    return guesses + [guess for guess in missed if could_be_meant(guess.text[:_SAMPLE], guess.encoding)]


def _guess(text: str, encoding: str, chaos: float = 0.0, coherence: float = 0.0) -> _Guess:
    sample = text[:_SAMPLE]
    return _Guess(text, encoding, _oddity(text) + rarity(sample, encoding), fit(sample), chaos, coherence)


def _plausible(guesses: list[_Guess]) -> list[_Guess]:
    """Return the guesses that are as free of oddities as the best one, best first."""
    least = min((guess.oddity + guess.chaos for guess in guesses), default=0.0)
    close = [guess for guess in guesses if guess.oddity + guess.chaos <= least + 0.02 and guess.oddity < 0.1]
    certain = [guess for guess in close if is_certain(guess.text[:_SAMPLE], guess.encoding)]
    return sorted((guess for guess in certain or close if not _is_trace(guess.text)), key=_rank)


def _rank(guess: _Guess) -> tuple[float, ...]:
    is_rare = guess.encoding in _RARE
    return (
        -round(guess.fit, 1),
        is_rare,
        -round(guess.fit, 2),
        _ENCODINGS.index(guess.encoding),
    )


def _is_trace(text: str) -> bool:
    """A handful of foreign letters in Latin text are no text in another alphabet, but signs in another code page."""
    letters = [character for character in text[:_SAMPLE] if character.isalpha()]
    foreign = sum(character > "\x7f" for character in letters)
    return 0 < foreign < len(letters) * 0.02 and _alphabet(text) != "LATIN"


def _differs(best: _Guess, other: _Guess) -> bool:
    """Another alphabet that fits nearly as well makes the guess worthless, unless it makes nothing but capitals."""
    is_near = other.coherence > best.coherence - 0.3 and other.fit > best.fit - 0.1
    return is_near and not _is_shouted(other.text) and _alphabet(best.text) != _alphabet(other.text)


def _is_shouted(text: str) -> bool:
    foreign = [letter for letter in text[:_SAMPLE] if letter > "\x7f" and letter.isalpha()]
    return sum(letter.isupper() for letter in foreign) > len(foreign) * 0.9


def _alphabet(text: str) -> str:
    names = [_script(character) for character in text[:_SAMPLE] if character > "\x7f" and character.isalpha()]
    return max(set(names), key=names.count) if names else "LATIN"


def _oddity(text: str) -> float:
    """Return the share of characters beyond ASCII that stand where a writer would not put them."""
    sample = text[:_SAMPLE]
    foreign = sum(character > "\x7f" for character in sample)
    odd = sum(_is_odd(left, right) for left, right in pairwise(sample))
    odd += len(_SIGN_IN_WORD.findall(sample)) + len(_LONE_SIGN.findall(sample))
    return odd / max(foreign, 1)


def _is_odd(left: str, right: str) -> bool:
    """A change of alphabet or to a capital within a word, a sign or a digit at a letter, an accent on nothing."""
    if left <= "\x7f" and right <= "\x7f":
        return False
    if left.isalpha() and right.isalpha():
        if _EAST <= max(left, right) <= _EAST_END and min(left, right) <= "\x7f":
            return _is_rare(right)  # words of one and the other stand side by side
        return _script(left) != _script(right) or (left.islower() and right.isupper()) or _is_rare(right)
    category = unicodedata.category(right)
    if category == "Mn":
        return unicodedata.category(left) != "Mn" and not (
            left.isalpha() and _script(right) in {"COMBINING", _script(left)}
        )
    return left.isalpha() and right > "\x7f" and category in {"Sc", "Sm", "So", "No", "Nd", "Co", "Cc", "Ps"}


def _is_rare(character: str) -> bool:
    """Korean is written in the 2,350 syllables of KS X 1001; other bytes read as Korean hit all 11,172."""
    return _script(character) == "HANGUL" and len(character.encode("euc_kr", "ignore")) != 2


def _script(character: str) -> str:
    """Return the first word of the character's name: LATIN, CYRILLIC, CJK."""
    name = unicodedata.name(character, "")
    script = name.partition(" ")[0]
    return "CJK" if script in _OF_EAST_ASIA else script
