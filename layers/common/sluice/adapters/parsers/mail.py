"""Reads e-mails: who wrote to whom about what, and the text; mails within mails too."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from itertools import pairwise
from typing import TYPE_CHECKING

from sluice.adapters.parsers import html
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.decoding import decode, decoded_as
from sluice.adapters.parsers.guessing import attempt
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EmptyDocument, EncryptedDocument, UnsupportedKind

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_MOST_MAILS = 10
_LONGEST_HEADER = 20_000
_TEXTS = frozenset({"text/plain", "text/html"})
_ONE_TEXT = frozenset({"multipart/alternative", "multipart/related"})
# Outlook Express wrote boundaries with signs in them that a value has only in quotes (RFC 2045, section 5.1).
_BARE_BOUNDARY = re.compile(
    rb"^(content-type:[^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,9}?\bboundary=)([^\s\";]*=[^\s\";]*)",
    re.IGNORECASE | re.MULTILINE,
)
# A short text in an encoding of two bytes a character may be UTF-8 by accident.
_OF_EAST_ASIA = re.compile("gb|big5|hz|jis|euc|2022|ks_?c|9[345][0269]|korean|johab", re.IGNORECASE)
_MAILBOX_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S+ [^\n]*\d{4}[^\n]*\n")


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return the mail's headers and text under its subject; raise `DocumentError`.

    A mail without any text of its own is empty: its headers alone would answer nothing but who wrote when.
    """
    try:
        messages = [_message(raw) for raw in _messages(body)]
        found = (block for message in messages for block in _blocks(message, limits, depth=0))
        blocks = [block for block in found if block.text.strip()]
        subject = _header(messages[0], "Subject") if len(messages) == 1 else None
    except (ValueError, LookupError, TypeError, AttributeError, IndexError) as error:
        raise DamagedDocument("The e-mail is damaged and can't be read.") from error
    if not blocks:
        raise EmptyDocument
    return ParsedDocument("eml", tuple(blocks), title=subject)


if TYPE_CHECKING:
    _Modern = email.policy.EmailPolicy[EmailMessage]
else:  # generic for the type checker only
    _Modern = email.policy.EmailPolicy


class _Policy(_Modern):
    """Cuts headers that nobody would read: what makes sense of them takes time by the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


def _message(raw: bytes) -> MIMEPart:
    return email.message_from_bytes(_BARE_BOUNDARY.sub(rb'\1"\2"', raw), policy=_Policy())


def _messages(body: bytes) -> list[bytes]:
    """Return the mails of a mailbox, which begin with a line of their own (RFC 4155); any other file is one mail."""
    starts = [match.start() for match in _MAILBOX_LINE.finditer(body)]
    if not starts or body[: starts[0]].strip():
        return [body]
    return [body[start:end] for start, end in pairwise([*starts, len(body)])]


def _blocks(message: MIMEPart, limits: Limits, *, depth: int) -> Iterator[Block]:
    limits.check_nesting(depth * 100 // _MOST_MAILS)
    subject = _header(message, "Subject")
    lines = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
    lines += [f"Attachment: {name}" for name in _attachments(message)]
    yield Block(clean("\n".join(lines)), heading=subject)
    for block in _text(message):
        yield replace(block, heading=" > ".join(filter(None, (subject, block.heading))) or None)
    for inner in _mails(message):
        yield from _blocks(inner, limits, depth=depth + 1)


def _header(message: MIMEPart, name: str) -> str | None:
    """Return a header's words; bytes that are not ASCII stand in it as they came (RFC 6532), or in an old encoding."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    line = "".join(str(raw).splitlines())
    if not line.isascii():
        line = _decoded(line.encode("ascii", "surrogateescape"))
    return one_line(str(email.policy.default.header_factory(name, line))) or None


def _attachments(message: MIMEPart) -> Iterator[str]:
    """Yield the names of what is attached; pictures within the text are none."""
    for part in message.iter_parts() if message.get_content_type() not in _ONE_TEXT else ():
        if name := part.get_filename():
            yield one_line(name)


def _text(message: MIMEPart) -> Iterator[Block]:
    """Yield the text of all parts that a reader shows as such: programs part one around the pictures within it."""
    if message.get_content_type() in _ENCRYPTED or message.get_param("smime-type") == "enveloped-data":
        raise EncryptedDocument("The e-mail is encrypted; upload its text.")
    for part in _shown(message):
        text = _content(part)
        if _ARMOUR in text:
            raise EncryptedDocument("The e-mail is encrypted; upload its text.")
        if part.get_content_subtype() == "html":
            yield from html.read(text).blocks
        elif cleaned := clean(text):
            yield Block(cleaned)


def _shown(part: MIMEPart) -> list[MIMEPart]:
    """Return the parts of text, of alternatives one: plain text before a page, and what has words before what has none.

    Of parts that belong together the first is the page and the others are its pictures.
    """
    kind = part.get_content_type()
    if kind in _TEXTS:
        return [] if part.is_attachment() else [part]
    inner = [_shown(inner) for inner in part.iter_parts()] if part.get_content_maintype() == "multipart" else []
    if kind == "multipart/alternative":
        return max(inner, key=_worth, default=[])
    return next(filter(None, inner), []) if kind == "multipart/related" else [shown for all_ in inner for shown in all_]


def _worth(parts: list[MIMEPart]) -> tuple[bool, bool]:
    is_plain = any(part.get_content_subtype() == "plain" for part in parts)
    return any(_content(part).strip() for part in parts), is_plain


def _mails(part: MIMEPart) -> Iterator[MIMEPart]:
    """Yield the mails that are attached, however deep in other parts."""
    for inner in part.iter_parts() if part.get_content_maintype() == "multipart" else ():
        if inner.get_content_type() == "message/rfc822":
            yield from inner.iter_parts()
        else:
            yield from _mails(inner)


def _content(part: MIMEPart) -> str:
    """Return the part's text; where its declared encoding is unknown or wrong, in the one that fits.

    Nearly any bytes are text in an encoding of one byte a character, but only UTF-8 is UTF-8.
    """
    raw = part.get_payload(decode=True)
    body = raw if isinstance(raw, bytes) else b""
    charset = part.get_content_charset() or "utf-8"
    if not _OF_EAST_ASIA.search(charset) and (text := _undeclared_utf8(body)) is not None:
        return text
    text = decoded_as(charset, body)
    return _decoded(body) if text is None else text


def _undeclared_utf8(body: bytes) -> str | None:
    return None if body.isascii() else attempt(body, "utf-8")


def _decoded(body: bytes) -> str:
    try:
        return decode(body)
    except UnsupportedKind:
        return body.decode("utf-8", "replace")
