"""Reads encodings that write other alphabets in ASCII, so that they would pass for UTF-8."""

from __future__ import annotations

import re

from sluice.adapters.parsers.guessing import attempt
from sluice.adapters.parsers.oddities import oddity

# Chinese in mail and news of the nineties (RFC 1843), and UTF-7 (RFC 2152).
_HZ = re.compile(rb"~\{(?:[!-~]{2})+~\}")
_UTF_7 = re.compile(rb"\+[A-Za-z0-9+/]{3,}")
# Fewer runs could be an accident of a text about something else.
_ENOUGH = 3
_LONG = 24


def escaped(body: bytes) -> str | None:
    """Return the text where alphabets are switched by escapes, None where none are."""
    if not body.isascii():
        return None
    if b"\x1b$" in body:
        # Korean is announced once, and then switched on and off by bytes that are controls elsewhere.
        return attempt(body, "iso2022_kr") if b"\x1b$)C" in body else attempt(body, "iso2022_jp_2")
    if _HZ.search(body):
        return attempt(body, "hz")
    return _utf_7(body) if b"+" in body else None


def _utf_7(body: bytes) -> str | None:
    """Every plus begins a run that is whole characters, and what comes out is no medley."""
    runs = _UTF_7.findall(body)
    text = attempt(body, "utf-7") if len(runs) >= _ENOUGH or any(len(run) > _LONG for run in runs) else None
    foreign = sum(character > "\x7f" for character in text) if text else 0
    return text if text and foreign >= len(runs) and oddity(text) == 0 else None
