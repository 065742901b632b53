"""Turns bytes into text: the right text, or a refusal when the encoding can't be told."""

from __future__ import annotations

import codecs
import re
import unicodedata

from sluice.adapters.parsers.encoding_names import meant_by
from sluice.adapters.parsers.escaping import escaped
from sluice.adapters.parsers.guessing import attempt, guessed
from sluice.adapters.parsers.mainframes import ebcdic
from sluice.errors import UnsupportedKind

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_DECLARED = re.compile(rb"<(?:meta\b[^>]*?charset\s*=|\?xml\b[^>]*?encoding\s*=)\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
# ASCII as UTF-16 is zeros by half, and other scripts have bytes that are no printable ASCII.
_UNUSUAL = re.compile(rb"[^\0\t\n\r -~]")
_LEAST_ZEROS = 0.4
_FEWEST_UNUSUAL = 0.05
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 65_536
_MOST_BROKEN = 0.02


def decode(body: bytes) -> str:
    """Return the text of the file; raise `UnsupportedKind` when it is binary or its encoding can't be told."""
    for way in (_marked, escaped, _wide, _utf8, _declared, ebcdic):
        text = way(body)
        if text is not None:
            return _checked(text)
    return _checked(guessed(body))


def _marked(body: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _MARKS if body.startswith(mark)), None)
    return attempt(body, encoding) if encoding else None


def _wide(body: bytes) -> str | None:
    """UTF-16 and UTF-32 without a mark: NUL bytes, and no unassigned or control character once decoded."""
    sample = body[:_SAMPLE]
    if b"\0" not in sample:
        return None
    unusual = len(_UNUSUAL.findall(sample))
    if unusual < len(sample) * _FEWEST_UNUSUAL and sample.count(0) < len(sample) * _LEAST_ZEROS:
        return None
    texts = [text for encoding in _WIDE if (text := attempt(body, encoding)) and _is_assigned(text[:_SAMPLE])]
    # The wrong byte order turns the spaces, line ends and digits that every script uses into rare characters.
    return max(texts, key=lambda text: sum(character < "\x7f" for character in text[:_SAMPLE]), default=None)


def _is_assigned(text: str) -> bool:
    return not any(
        unicodedata.category(character) in {"Cn", "Co", "Cs"} or _CONTROL.match(character) for character in text
    )


def _utf8(body: bytes) -> str | None:
    return attempt(body, "utf-8")


def _declared(body: bytes) -> str | None:
    """Return the text in the encoding that an HTML page says it has."""
    declared = _DECLARED.search(_COMMENT.sub(b"", body[:_SAMPLE]))
    if not declared:
        return None
    name = declared[1].decode("ascii", "replace")
    text = decoded_as(name, body)
    return _mostly(name, body) if text is None else text


def decoded_as(name: str, body: bytes) -> str | None:
    """Return the text in the encoding of that name, None where it is unknown or does not fit."""
    return attempt(body, meant_by(name))


def _mostly(name: str, body: bytes) -> str | None:
    """Return the text with a sign for each character that is broken, None where that is more than one or another."""
    try:
        text = body.decode(meant_by(name), "replace")
    except LookupError:
        return None
    foreign = sum(character > "\x7f" for character in text)
    return text if text.count("\ufffd") <= foreign * _MOST_BROKEN else None


def _checked(text: str) -> str:
    """Text has hardly any control characters but those with which it is filled up; a binary file has many."""
    text = text.rstrip("\0")
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > max(2, len(sample) * 0.01):
        raise UnsupportedKind(
            "This is a binary file of an unknown kind; send PDF, Office, HTML, mail, EPUB, RTF or text."
        )
    return text
