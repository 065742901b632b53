"""Reads mail: who wrote to whom about what, the text, and what is attached, mails and documents; mailboxes too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import MIMEPart
from itertools import pairwise

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.enclosed import enclosed
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.mail_message import header_of, message_of
from sluice.adapters.parsers.mail_parts import attached, is_encrypted, mails_in, names_of_shown, shown
from sluice.adapters.parsers.mail_text import blocks_of, decoded, is_armoured
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, EmptyDocument, EncryptedDocument

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_MOST_MAILS = 10
_MAILBOX_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S+ [^\n]*\d{4}[^\n]*\n")

# An encoded word (RFC 2047), in which Eudora left letters as they are.
_QUOTED_WORD = re.compile(r"=\?([\w-]+)\?[Qq]\?([^?]*[^\x00-\x7f][^?]*)\?=")

_File = tuple[str, list[Block]]


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return each mail's headers, text and attachments under its subject; raise `DocumentError`.

    A mail of which nothing but attachments that can't be read is there holds no text, whatever its headers say.
    """
    try:
        messages = [message_of(raw) for raw in _messages(body)]
        is_alone = len(messages) == 1
        found = (block for message in messages for block in _blocks(message, limits, depth=0, is_alone=is_alone))
        blocks = [block for block in found if block.text.strip()]
        subject = _header(messages[0], "Subject") if is_alone else None
    except (ValueError, LookupError, TypeError, AttributeError, IndexError) as error:
        raise DamagedDocument("The e-mail is damaged and can't be read.") from error
    if not blocks:
        raise EmptyDocument
    return ParsedDocument("eml", tuple(blocks), title=subject)


def _messages(body: bytes) -> list[bytes]:
    """Return the mails of a mailbox, which begin with a line of their own (RFC 4155); any other file is one mail."""
    starts = [match.start() for match in _MAILBOX_LINE.finditer(body)]
    if not starts or body[: starts[0]].strip():
        return [body]
    return [body[start:end] for start, end in pairwise([*starts, len(body)])]


def _blocks(message: MIMEPart, limits: Limits, *, depth: int, is_alone: bool) -> Iterator[Block]:
    """Yield the mail's own text and what is attached to it, behind its headers; alone, it must have some."""
    limits.check_nesting(depth * 100 // _MOST_MAILS)
    parts = shown(message)
    is_secret = any(map(is_armoured, parts))
    own = [] if is_secret else [block for part in parts for block in blocks_of(part, limits)]
    inner = [block for mail in mails_in(message) for block in _blocks(mail, limits, depth=depth + 1, is_alone=False)]
    files = [_attachment(part, limits) for part in attached(message, parts)]
    is_secret = is_secret or is_encrypted(message)
    if is_alone and not (own or inner or any(blocks for _, blocks in files)):
        _refuse(is_secret, [name for name, _ in files])
    subject = _header(message, "Subject")
    names = [f"Attachment: {one_line(name)}" for name in names_of_shown(message, parts)]
    yield Block(clean("\n".join([*_lines(message, is_secret, files), *names])), heading=subject)
    yield from (_under(subject, block) for block in [*own, *(block for _, blocks in files for block in blocks)])
    yield from inner


def _refuse(is_secret: bool, names: list[str]) -> None:
    """Raise why a mail without text can't be used; one without attachments says in its subject what it has to say."""
    if is_secret:
        raise EncryptedDocument("The e-mail is encrypted, or packed into its signature; upload its text.")
    if names:
        raise EmptyDocument(f"The e-mail has no text, and none that can be read is attached to it ({names[0][:200]}).")


def _lines(message: MIMEPart, is_secret: bool, files: list[_File]) -> Iterator[str]:
    yield from (f"{name}: {value}" for name in _HEADERS if (value := _header(message, name)))
    if is_secret:
        yield "Encrypted: not read"
    yield from (f"Attachment: {name}{'' if blocks else ' (not read)'}" for name, blocks in files)


def _under(heading: str | None, block: Block) -> Block:
    return replace(block, heading=" > ".join(filter(None, (heading, block.heading))) or None)


def _attachment(part: MIMEPart, limits: Limits) -> _File:
    """Return an attachment's name with its text, none where it can't be read."""
    name = one_line(part.get_filename() or part.get_content_type())
    body = part.get_payload(decode=True)
    try:
        blocks = [*enclosed(name, body, limits)] if isinstance(body, bytes) else []
    except DocumentError:
        blocks = []
    return name, [_under(name, block) for block in blocks]


def _header(message: MIMEPart, name: str) -> str | None:
    """Return a header's words; bytes that are not ASCII stand in it as they came (RFC 6532), or in an old encoding."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    line = "".join(str(raw).splitlines())
    if not line.isascii():
        line = _QUOTED_WORD.sub(_escaped, decoded(line.encode("ascii", "surrogateescape")))
    return one_line(str(header_of(name, line))) or None


def _escaped(word: re.Match[str]) -> str:
    """Return the encoded word with its letters escaped, as it should have been."""
    try:
        raw = word[2].encode(word[1])
    except (LookupError, UnicodeEncodeError):
        return word[0]
    return f"=?{word[1]}?Q?{''.join(chr(byte) if byte < 128 else f'={byte:02X}' for byte in raw)}?="
