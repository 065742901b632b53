"""Workbooks of Excel 97 as small as they can be ([MS-XLS], section 2.1.4)."""

from __future__ import annotations

import struct

LAST_ROW, LAST_COLUMN = 65_535, 255
NONE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def label(row: int, column: int, text: str) -> bytes:
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode())


def workbook(*sheets: bytes) -> bytes:
    """Return a workbook of these sheets, each of which says that it is as large as one can be."""
    size = record(0x0200, struct.pack("<IIHHH", 0, LAST_ROW + 1, 0, LAST_COLUMN + 1, 0))
    begin, end = record(0x0809, struct.pack("<HH", 0x600, 0x10) + bytes(12)), record(10, b"")
    bodies = [begin + size + cells + end for cells in sheets]
    head = record(0x0809, struct.pack("<HH", 0x600, 5) + bytes(12))
    start = len(head) + len(bodies) * 14 + 4
    for number, body in enumerate(bodies):
        head += record(0x0085, struct.pack("<IBBBB", start, 0, 0, 2, 0) + b"S%d" % number)
        start += len(body)
    return compound("Workbook", head + record(10, b"") + b"".join(bodies))


def compound(name: str, stream: bytes) -> bytes:
    """Return a compound file with one stream, behind the table of sectors and the directory ([MS-CFB])."""
    size = 512 if len(stream) < 50_000 else 65_536  # of which one table can name enough
    sectors = max(8, -(-len(stream) // size))
    table = [TABLE, END, *range(3, 2 + sectors), END]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, size.bit_length() - 1, 6)
    )
    header += bytes(6) + struct.pack("<9I", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<109I", 0, *[NONE] * 108)
    directory = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, NONE, 2, sectors * size)
    body = struct.pack(f"<{len(table)}I", *table).ljust(size, b"\xff") + directory.ljust(size, b"\0")
    return header.ljust(size, b"\0") + body + stream.ljust(sectors * size, b"\0")


def entry(name: str, kind: int, child: int, sector: int, size: int) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    links = struct.pack("<64sHBBIII", encoded, len(encoded), kind, 1, NONE, NONE, child)
    return links.ljust(116, b"\0") + struct.pack("<III", sector, size, 0)
