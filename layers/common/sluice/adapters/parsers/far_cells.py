"""Moves the cells of an XLS together where they lie far apart ([MS-XLS], sections 2.4 and 2.5).

calamine takes memory for all that a sheet declares, which may be 65,536 rows of 256 columns for two cells.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from sluice.adapters.parsers.biff import BEGIN, Record, records, workbook_places
from sluice.adapters.parsers.drawn_lines import MOST_CELLS, drawn_lines

_SIZE, _SIZE_BYTES = 0x0200, 14
_SIZES = re.compile(rb"\x00\x02\x0e\x00(.{12})\x00\x00", re.DOTALL)
# Cells of one column and of several, the last of which stands at the record's end.
_CELLS = frozenset({0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E})
_RUNS = frozenset({0x00BD, 0x00BE})


def drawn_together(body: bytes) -> bytes:
    """Return the workbook with its rows and columns counted anew, where it declares a sheet too large to hold."""
    if not any(_area(size[1]) > MOST_CELLS for size in _SIZES.finditer(body)):
        return body
    parts = workbook_places(body)
    stream = bytearray(b"".join(body[part] for part in parts))
    for sheet in _sheets(stream):
        _draw_together(stream, sheet)
    moved = bytearray(body)
    for place, part in enumerate(parts):
        size = part.stop - part.start
        moved[part] = stream[place * size : (place + 1) * size]
    return bytes(moved)


def _area(size: bytes) -> int:
    first_row, end_row, first_column, end_column = struct.unpack("<IIHH", size)
    return int(max(0, end_row - first_row) * max(0, end_column - first_column))


def _sheets(stream: bytearray) -> Iterator[list[Record]]:
    """Yield the records that matter of each sheet."""
    found: list[Record] = []
    for record in records(stream):
        length = record.end - record.start
        if record.kind == BEGIN:
            yield found
            found = []
        elif (record.kind in _CELLS | _RUNS and length >= 6) or (record.kind == _SIZE and length == _SIZE_BYTES):
            found.append(record)
    yield found


def _draw_together(stream: bytearray, records: list[Record]) -> None:
    cells = [record for record in records if record.kind != _SIZE]
    used = (column for record in cells for column in _columns(stream, record))
    rows, columns = drawn_lines((_row(stream, record) for record in cells), used)
    for record in records:
        if record.kind == _SIZE:
            struct.pack_into("<IIHH", stream, record.start, 0, len(rows), 0, max(columns.values(), default=-1) + 1)
            continue
        run = _columns(stream, record)
        struct.pack_into("<HH", stream, record.start, rows[_row(stream, record)], columns[run.start])
        if record.kind in _RUNS:
            struct.pack_into("<H", stream, record.end - 2, columns[run.start] + len(run) - 1)


def _row(stream: bytearray, record: Record) -> int:
    return int(struct.unpack_from("<H", stream, record.start)[0])


def _columns(stream: bytearray, record: Record) -> range:
    (first,) = struct.unpack_from("<H", stream, record.start + 2)
    (last,) = struct.unpack_from("<H", stream, record.end - 2) if record.kind in _RUNS else (first,)
    return range(first, max(first, last) + 1)
