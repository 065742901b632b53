"""Reads plain text."""

from __future__ import annotations

from sluice.adapters.parsers.cleaning import clean
from sluice.domain import Block, ParsedDocument


def read(text: str) -> ParsedDocument:
    """Return the text as one block."""
    return ParsedDocument("text", (Block(clean(text)),))
