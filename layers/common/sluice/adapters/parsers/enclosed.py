"""Reads a document within another one: a mail's attachment, or a part of a document in another format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block

# What each document within another one takes of the nesting that is allowed.
_LEVELS = 20


def enclosed(name: str, body: bytes, limits: Limits) -> Iterator[Block]:
    """Yield a document of any kind, without its pages, which the outer one has not; raise `DocumentError`."""
    from sluice.adapters.parsers.reading import DocumentParser  # which reads the outer document by the importing module

    limits.check_nesting(limits.nesting + 1 if limits.nesting < _LEVELS else 0)
    parser = DocumentParser(replace(limits, nesting=limits.nesting - _LEVELS))
    for block in parser.parse(name, body).blocks:
        yield replace(block, page=None)
