"""Tells a mail, a mailbox or a saved page from other text by its first lines."""

from __future__ import annotations

import re

from sluice.adapters.parsers.names import extension_of

_MAIL_HEADER = re.compile(
    r"(from|to|subject|date|mime-version|received|return-path|delivered-to|message-id|content-type):", re.IGNORECASE
)
_MAILBOX_LINE = re.compile(r"\AFrom \S+([^\n]*\d{4})?[^\n]*\n")
_MAIL_NAMES = frozenset({"eml", "mbox", "mht", "mhtml"})
_MOST_HEADERS = 1_000
# The first line of a page that Word or a browser saved with its pictures (MHTML), which names nobody.
_SAVED_PAGE = "MIME-Version: 1.0"
_BEGINNING = 65_536


def is_mail(name: str, text: str) -> bool:
    """Return whether the text begins with header lines, three or more of them well known.

    One is enough where the name says so, or where the line stands before it that parts the mails of a mailbox.
    """
    beginning = text[:_BEGINNING].replace("\r\n", "\n").lstrip()  # Google's mail had a line of blanks before the first
    envelope = _MAILBOX_LINE.match(beginning)
    headers = beginning[envelope.end() if envelope else 0 :].partition("\n\n")[0].splitlines()
    known = {match[1].lower() for line in headers[:_MOST_HEADERS] if (match := _MAIL_HEADER.match(line))}
    needed = 1 if extension_of(name) in _MAIL_NAMES or (envelope and envelope[1]) else 3
    needed = 2 if needed == 3 and headers[:1] == [_SAVED_PAGE] else needed
    return len(known) >= needed and bool(re.match(r"[\w-]+:", headers[0]))
