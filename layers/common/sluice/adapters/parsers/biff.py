"""The records of an XLS, one behind the other in one stream ([MS-XLS], section 2.1.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sluice.adapters.parsers.compound import places

BEGIN = 0x0809
_STREAMS = ("Workbook", "Book")
_HEAD_BYTES = 4


class Record(NamedTuple):
    """What a record is, and where what it says begins and ends."""

    kind: int
    start: int
    end: int


def workbook_places(body: bytes) -> list[slice]:
    """Return where the records stand in the file; nowhere in a broken one."""
    return next(filter(None, (places(body, name) for name in _STREAMS)), [])


def records(stream: bytes | bytearray, start: int = 0, end: int | None = None) -> Iterator[Record]:
    """Yield the records from one on, as far as they are whole."""
    position, last = start, len(stream) if end is None else end
    while position + _HEAD_BYTES <= last:
        kind, length = struct.unpack_from("<HH", stream, position)
        position += _HEAD_BYTES + length
        if position <= last:
            yield Record(kind, position - length, position)
