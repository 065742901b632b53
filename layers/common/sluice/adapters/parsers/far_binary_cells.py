"""Moves the cells of an XLSB together where they lie far apart ([MS-XLSB], section 2.1.4).

calamine takes memory for all that a sheet declares, which may be 1,048,576 rows of 16,384 columns.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.drawn_lines import MOST_CELLS, drawn_lines
from sluice.errors import DamagedDocument

_ROW, _SIZE = 0, 148
_CELLS = range(1, 12)
# A size in the first records of a sheet, by its kind and length.
_DECLARED = re.compile(rb"\x94\x01\x10(.{16})", re.DOTALL)
_BEGINNING = 4_096
_MOST_LENGTH_BYTES = 4


class _Record(NamedTuple):
    kind: int
    start: int


def drawn_together(archive: Archive, body: bytes) -> bytes:
    """Return the workbook with its rows and columns counted anew, where a sheet would be too large to hold."""
    names = [name for name in archive.names if name.startswith("xl/worksheets/") and name.endswith(".bin")]
    sheets = {name: _moved(archive.read(name)) for name in names}
    if not any(sheets.values()):
        return body
    moved = io.BytesIO()
    with zipfile.ZipFile(moved, "w", zipfile.ZIP_STORED) as written:
        for name in archive.names:
            written.writestr(name, sheets.get(name) or archive.read(name))
    return moved.getvalue()


def _moved(sheet: bytes) -> bytes | None:
    """Return the sheet with its cells moved, None where the sheet says that it is small."""
    size = _DECLARED.search(sheet, 0, _BEGINNING)
    if size is None or _area(size[1]) <= MOST_CELLS:
        return None
    try:
        return _drawn_together(bytearray(sheet), list(_records(sheet)))
    except (struct.error, IndexError) as error:
        raise DamagedDocument("The workbook is damaged and can't be read.") from error


def _area(size: bytes) -> int:
    first_row, last_row, first_column, last_column = struct.unpack("<IIII", size)
    return int(max(0, last_row - first_row + 1) * max(0, last_column - first_column + 1))


def _drawn_together(sheet: bytearray, records: list[_Record]) -> bytes:
    cells = [record for record in records if record.kind in _CELLS]
    numbers = (_number(sheet, record) for record in records if record.kind == _ROW)
    rows, columns = drawn_lines(numbers, (_number(sheet, record) for record in cells))
    for record in records:
        if record.kind == _SIZE:
            last = max(0, len(rows) - 1), max(columns.values(), default=0)
            struct.pack_into("<IIII", sheet, record.start, 0, last[0], 0, last[1])
        else:
            found = (rows if record.kind == _ROW else columns)[_number(sheet, record)]
            struct.pack_into("<I", sheet, record.start, found)
    return bytes(sheet)


def _number(sheet: bytes | bytearray, record: _Record) -> int:
    return int(struct.unpack_from("<I", sheet, record.start)[0])


def _records(sheet: bytes) -> Iterator[_Record]:
    """Yield the rows, cells and sizes; a record's kind takes one byte or two, its length up to four."""
    position = 0
    while position < len(sheet):
        kind = sheet[position]
        position += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (sheet[position] & 0x7F) << 7
            position += 1
        length = 0
        for place in range(_MOST_LENGTH_BYTES):
            byte = sheet[position]
            position += 1
            length |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                break
        if kind in (_ROW, _SIZE) or kind in _CELLS:
            yield _Record(kind, position)
        position += length
