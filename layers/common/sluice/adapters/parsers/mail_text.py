"""The text of one part of a mail: in the encoding that it is in, with its lines as their writer meant them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import MIMEPart

from sluice.adapters.parsers import html
from sluice.adapters.parsers.cleaning import clean
from sluice.adapters.parsers.decoding import decode, decoded_as
from sluice.adapters.parsers.enclosed import enclosed
from sluice.adapters.parsers.guessing import attempt
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block
from sluice.errors import DocumentError, UnsupportedKind

_ARMOUR = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
# A short text in an encoding of two bytes a character may be UTF-8 by accident.
_OF_EAST_ASIA = re.compile("gb|big5|hz|jis|euc|2022|ks_?c|9[345][0269]|korean|johab", re.IGNORECASE)
_PAGES = frozenset({"html", "xhtml", "x-amp-html"})
_ENRICHED = frozenset({"enriched", "richtext"})
_COMMAND = re.compile(r"<param>.*?</param>|<(?!<)/?[a-z-]{1,60}>", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(">*")
_SIGNATURE = "-- "


def blocks_of(part: MIMEPart, limits: Limits) -> Iterator[Block]:
    """Yield the text of a part, a page of HTML by its headings; of RTF that is none, nothing."""
    kind = part.get_content_subtype()
    if kind == "rtf":
        body = part.get_payload(decode=True)
        try:
            yield from enclosed("", body if isinstance(body, bytes) else b"", limits)
        except DocumentError:
            return
    elif kind in _PAGES:
        yield from html.read(_content(part)).blocks
    elif text := clean(_written(part, kind)):
        yield Block(text)


def has_words(part: MIMEPart) -> bool:
    """Return whether a reader would be shown anything."""
    content = _content(part)
    if part.get_content_subtype() in _PAGES:
        return bool(html.read(content).blocks)
    return bool(content.strip())


def words_in(part: MIMEPart) -> set[str]:
    """Return the different words that a reader would be shown."""
    content = _content(part)
    if part.get_content_subtype() in _PAGES:
        content = "\n".join(block.text for block in html.read(content).blocks)
    return set(_WORD.findall(content.casefold()))


def is_armoured(part: MIMEPart) -> bool:
    """Return whether the text is encrypted with PGP, and does not just quote what is."""
    return bool(_ARMOUR.search(_content(part)))


def _written(part: MIMEPart, kind: str) -> str:
    text = _content(part)
    if kind in _ENRICHED:
        return _COMMAND.sub("", text).replace("<<", "<")
    if str(part.get_param("format", "")).lower() == "flowed":
        return _flowed(text, joined="" if str(part.get_param("delsp", "")).lower() == "yes" else " ")
    return text


def _flowed(text: str, *, joined: str) -> str:
    """Join the lines that a program has wrapped, which end in a space (RFC 3676, section 4)."""
    paragraphs: list[str] = []
    depth, is_open = 0, False
    for line in text.splitlines():
        quotes = _QUOTED.match(line)
        level = quotes.end() if quotes else 0
        content = line[level:].removeprefix(" ")
        if is_open and level == depth and content != _SIGNATURE:
            paragraphs[-1] = paragraphs[-1].removesuffix(" ") + joined + content
        else:
            paragraphs.append(f"{line[:level]} {content}" if level else content)
        depth, is_open = level, content.endswith(" ") and content != _SIGNATURE
    return "\n".join(paragraphs)


def _content(part: MIMEPart) -> str:
    """Return the part's text; where its declared encoding is unknown or wrong, in the one that fits.

    Nearly any bytes are text in an encoding of one byte a character, but only UTF-8 is UTF-8.
    """
    if part.get_content_maintype() == "message":
        return "\n".join(inner.as_string() for inner in part.iter_parts())
    raw = part.get_payload(decode=True)
    body = raw if isinstance(raw, bytes) else b""
    charset = part.get_content_charset() or "utf-8"
    if not _OF_EAST_ASIA.search(charset) and (text := _undeclared_utf8(body)) is not None:
        return text
    text = decoded_as(charset, body)
    return decoded(body) if text is None else text


def _undeclared_utf8(body: bytes) -> str | None:
    return None if body.isascii() else attempt(body, "utf-8")


def decoded(body: bytes) -> str:
    """Return the text in the encoding that fits, with signs in the place of characters where none does."""
    try:
        return decode(body)
    except UnsupportedKind:
        return body.decode("utf-8", "replace")
