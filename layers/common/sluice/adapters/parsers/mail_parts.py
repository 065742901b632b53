"""Tells which parts of a mail are its text, which are attached to it, and which nobody can read (RFC 2046)."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import MIMEPart

from sluice.adapters.parsers.mail_message import message_of
from sluice.adapters.parsers.mail_text import has_words, words_in

_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_WRAPPED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_NOT_FILES = _WRAPPED | {
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "application/pgp-keys", "application/pgp-encrypted",
}  # fmt: skip
_ONE_TEXT = frozenset({"multipart/alternative", "multipart/related"})
_PAGE = 1
_MUCH_MORE = 2
_FEW = 2
# What only other programs look at.
_NOT_SHOWN = frozenset({"text/css", "text/javascript", "text/rfc822-headers"})
# Why a mail was not delivered, in a form for programs that people can read.
_STATUS = frozenset({"message/delivery-status", "message/disposition-notification"})
# Encodings in which a mail may not be attached, and is (RFC 2046, section 5.2.1).
_PACKED = frozenset({"base64", "quoted-printable"})


def shown(message: MIMEPart) -> list[MIMEPart]:
    """Return the parts of text that a reader is shown; where there are none, those that are marked as attached."""
    return _shown(message, with_attached=False) or _shown(message, with_attached=True)


def _shown(part: MIMEPart, *, with_attached: bool) -> list[MIMEPart]:
    """Return the parts of text, of alternatives one: plain text before a page, unless the page says much more.

    Of parts that belong together the first is the page and the others are its pictures.
    """
    kind = part.get_content_type()
    if kind in _STATUS:
        return [part]
    if part.get_content_maintype() == "text":
        is_left_out = kind in _NOT_SHOWN or (part.is_attachment() and not with_attached)
        return [] if is_left_out else [part]
    inner = [_shown(inner, with_attached=with_attached) for inner in _within(part)]
    if kind == "multipart/alternative":
        return _fullest(sorted(inner, key=_simplicity))
    return _first(inner) if kind == "multipart/related" else [shown for parts in inner for shown in parts]


def _first(choices: list[list[MIMEPart]]) -> list[MIMEPart]:
    """Return the first choice that has words."""
    some = [parts for parts in choices if parts]
    return some[0] if len(some) == 1 else next((parts for parts in some if any(map(has_words, parts))), [])


def _fullest(choices: list[list[MIMEPart]]) -> list[MIMEPart]:
    """Return the first choice that has words; a page with many more of them instead, and one with others as well.

    The text only tells of the page then, or they are no alternatives.
    """
    first = _first(choices)
    pages = [parts for parts in choices if parts is not first and _simplicity(parts) == _PAGE]
    said = _words(first) if pages else set()
    for page in pages:
        words = _words(page)
        if len(words) > _MUCH_MORE * max(_FEW, len(said)):
            return page
        if len(words - said) * 2 > max(_FEW, len(words)):
            return first + page
    return first


def _words(parts: list[MIMEPart]) -> set[str]:
    return {word for part in parts for word in words_in(part)}


def _simplicity(parts: list[MIMEPart]) -> int:
    kinds = {part.get_content_subtype() for part in parts}
    return 0 if "plain" in kinds else _PAGE if "html" in kinds else 2


def mails_in(part: MIMEPart) -> Iterator[MIMEPart]:
    """Yield the mails that are attached, however deep in other parts."""
    if part.get_content_type() == "message/rfc822":
        is_packed = str(part.get("Content-Transfer-Encoding", "")).strip().lower() in _PACKED
        yield from [_unpacked(part)] if is_packed else part.iter_parts()
    for inner in _within(part):
        yield from mails_in(inner)


def _unpacked(part: MIMEPart) -> MIMEPart:
    """Return the mail in a part whose lines were taken for a mail without headers."""
    lines = MIMEPart()
    lines["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
    lines.set_payload("".join(str(inner.get_payload()) for inner in part.iter_parts()))
    body = lines.get_payload(decode=True)
    return message_of(body if isinstance(body, bytes) else b"")


def attached(message: MIMEPart, parts: list[MIMEPart]) -> Iterator[MIMEPart]:
    """Yield what is attached but for mails; pictures within the text are not, nor are signatures."""
    taken = {id(part) for part in parts}
    yield from (part for part in _leaves(message, "") if id(part) not in taken)


def _leaves(part: MIMEPart, above: str) -> Iterator[MIMEPart]:
    kind = part.get_content_type()
    for inner in _within(part) if kind not in _ENCRYPTED else ():
        yield from _leaves(inner, kind)
    if kind in _NOT_FILES or part.get_content_maintype() in ("multipart", "message"):
        return
    is_within_text = above in _ONE_TEXT and not part.is_attachment()
    is_file = part.get_filename() or part.is_attachment() or part.get_content_maintype() == "application"
    if is_file and not is_within_text:
        yield part


def names_of_shown(message: MIMEPart, parts: list[MIMEPart]) -> Iterator[str]:
    """Yield the names of files whose text stands as the mail's own, or as that of a mail within it."""
    taken = {id(part) for part in parts}
    for part in _within(message):
        yield from names_of_shown(part, parts)
        if id(part) in taken or part.get_content_type() == "message/rfc822":
            yield from filter(None, [part.get_filename()])


def is_encrypted(message: MIMEPart) -> bool:
    """Return whether a part of the mail, but of none that is attached to it, can be read with a key only."""
    kind = message.get_content_type()
    return kind in _ENCRYPTED or kind in _WRAPPED or any(map(is_encrypted, _within(message)))


def _within(part: MIMEPart) -> Iterator[MIMEPart]:
    yield from part.iter_parts() if part.get_content_maintype() == "multipart" else ()
