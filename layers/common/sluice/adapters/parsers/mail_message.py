"""Makes a mail's parts of its bytes, in linear time and however carelessly its program wrote them."""

from __future__ import annotations

import email
import email.policy
import re
from contextlib import suppress
from email.headerregistry import ParameterizedMIMEHeader
from email.message import EmailMessage, Message
from email.policy import Policy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sluice.errors import DocumentTooLarge

_LONGEST_HEADER = 20_000
_MOST_PARTS = 10_000
# A header whose words have no form.
_FREE_TEXT = "Subject"
# What the library's parser of headers raises where it has mistakes of its own, as for `a@[`, `x:;` and `"`.
_FAILURES = (AttributeError, LookupError, TypeError, UnboundLocalError, ValueError)
# Outlook Express wrote boundaries with signs in them that a value has only in quotes (RFC 2045, section 5.1).
_BARE_BOUNDARY = re.compile(
    rb"^(content-type:[^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,9}?\bboundary=)([^\s\";]*=[^\s\";]*)",
    re.IGNORECASE | re.MULTILINE,
)
# The first line of a part whose mail does not say, or says wrongly, what parts its parts.
_FIRST_BOUNDARY = re.compile(r"(?:\A|\n)--([^\s\"]{1,70})[ \t]*\r?\ncontent-[\w-]+:", re.IGNORECASE)

if TYPE_CHECKING:
    _Modern = email.policy.EmailPolicy[EmailMessage]
else:  # generic for the type checker only
    _Modern = email.policy.EmailPolicy


class _Policy(_Modern):
    """Cuts headers that nobody would read, since making sense of one takes the square of its length; does so once."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return header_of(name, value)


@lru_cache(maxsize=256)
def header_of(name: str, value: str) -> Any:
    """Return a header as the standard library makes sense of it, the plainer the more its parser fails on it."""
    line = "".join(value.splitlines())
    with suppress(*_FAILURES):
        return _parsed(name, line)
    if not name.lower().startswith("content-"):
        return _parsed(_FREE_TEXT, line)
    with suppress(*_FAILURES):
        return _parsed(name, line.partition(";")[0])
    return _parsed(name, "")


def _parsed(name: str, line: str) -> Any:
    header = email.policy.default.header_factory(name, line)
    if header and isinstance(header, ParameterizedMIMEHeader):  # whose parameters are made sense of once more
        part = Message()
        part[name] = str(header)
        part.get_params(header=name)
    return header


class _Parts:
    """Makes the parts of one mail, up to a number that no program writes."""

    def __init__(self) -> None:
        self._made = 0

    def __call__(self, policy: Policy[Any] | None = None) -> EmailMessage:
        self._made += 1
        if self._made > _MOST_PARTS:
            raise DocumentTooLarge(f"The e-mail has more than {_MOST_PARTS:,} parts.")
        return EmailMessage(policy)


def message_of(raw: bytes) -> EmailMessage:
    """Return the mail with its parts; raise `DocumentTooLarge`."""
    message = _message(_BARE_BOUNDARY.sub(rb'\1"\2"', raw.lstrip()))
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, str):
        if first := _FIRST_BOUNDARY.search(payload):
            message.set_param("boundary", first[1])
            return _message(message.as_bytes())
        message.replace_header("Content-Type", "text/plain")
    return message


def _message(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=_Policy(message_factory=_Parts()))
