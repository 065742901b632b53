"""Finds what lies in the root of a compound file, as old Office files are ([MS-CFB], sections 2.2 to 2.6)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY_BYTES = 128
_NO_ENTRY = 0xFFFFFFFF
# Sector numbers from here on are marks, such as the end of a chain.
_MARKS = 0xFFFFFFFA
_TABLES_IN_HEADER = 109
# Shorter streams are kept elsewhere.
_SHORT_BYTES = 4_096
_SHORT_SECTOR = 64
# What comes of places that a broken file names.
_FAILURES = (struct.error, IndexError, ValueError, KeyError)


class _Entry(NamedTuple):
    name: str
    sector: int
    size: int


def root_names(body: bytes) -> set[str]:
    """Return the names of the streams and storages in the root, without those of the files that are embedded in it.

    What is broken yields fewer names, or none.
    """
    try:
        return {entry.name for entry in _entries(body)}
    except _FAILURES:
        return set()


def places(body: bytes, name: str) -> list[slice]:
    """Return where the bytes of a stream in the root stand in the file; nowhere for a short, broken or missing one."""
    try:
        entry = _named(body, name)
        if entry is None or entry.size < _SHORT_BYTES:
            return []
        return [_place(body, sector) for sector in _sectors(body, entry.sector)]
    except _FAILURES:
        return []


def stream(body: bytes, name: str) -> bytes:
    """Return the bytes of a stream in the root; none of a broken or missing one."""
    try:
        entry = _named(body, name)
        if entry is None:
            return b""
        read = _joined if entry.size >= _SHORT_BYTES else _short
        return read(body, entry.sector)[: entry.size]
    except _FAILURES:
        return b""


def _named(body: bytes, name: str) -> _Entry | None:
    return next((entry for entry in _entries(body) if entry.name.lower() == name.lower()), None)


def _joined(body: bytes, sector: int) -> bytes:
    return b"".join(body[_place(body, sector)] for sector in _sectors(body, sector))


def _short(body: bytes, sector: int) -> bytes:
    """Return a stream from among the short ones, which share the stream of the root and have a table of their own."""
    (directory, table) = struct.unpack_from("<I8xI", body, 48)
    (root,) = struct.unpack_from("<I", _joined(body, directory), 116)
    shared, following = _joined(body, root), _joined(body, table)
    pieces: list[bytes] = []
    while sector < _MARKS and len(pieces) < _SHORT_BYTES // _SHORT_SECTOR:
        pieces.append(shared[sector * _SHORT_SECTOR : (sector + 1) * _SHORT_SECTOR])
        (sector,) = struct.unpack_from("<I", following, 4 * sector)
    return b"".join(pieces)


def _place(body: bytes, sector: int) -> slice:
    size = _size(body)
    return slice((sector + 1) * size, (sector + 2) * size)


def _size(body: bytes) -> int:
    (shift,) = struct.unpack_from("<H", body, 30)
    if not 7 <= shift <= 16:
        raise ValueError("no size that a sector can have")
    return 1 << int(shift)


def _sectors(body: bytes, sector: int) -> Iterator[int]:
    following = _chain(body, _size(body))
    for _ in range(len(body) // _size(body)):  # no chain is longer, unless it bites its tail
        if sector >= _MARKS:
            return
        yield sector
        sector = following(sector)


def _chain(body: bytes, size: int) -> Callable[[int], int]:
    """Return a function from a sector to the next one of its chain, for tables that the header lists.

    Those are enough for seven megabytes; the directories of larger files mostly stand at their beginning.
    """
    tables = struct.unpack_from(f"<{_TABLES_IN_HEADER}I", body, 76)
    per_table = size // 4

    def following(sector: int) -> int:
        table = tables[sector // per_table]
        (found,) = struct.unpack_from("<I", body, (table + 1) * size + 4 * (sector % per_table))
        return int(found)

    return following


def _entries(body: bytes) -> Iterator[_Entry]:
    """Walk the tree of the root's members, each of which knows its neighbours."""
    (directory_sector,) = struct.unpack_from("<I", body, 48)
    directory = _joined(body, directory_sector)
    (first,) = struct.unpack_from("<I", directory, 76)
    waiting, seen = [first], {_NO_ENTRY}
    while waiting:
        if (number := waiting.pop()) in seen:
            continue
        seen.add(number)
        entry = directory[number * _ENTRY_BYTES : (number + 1) * _ENTRY_BYTES]
        length, _, _, left, right = struct.unpack_from("<HBBII", entry, 64)
        sector, size = struct.unpack_from("<II", entry, 116)
        yield _Entry(entry[: max(0, length - 2)].decode("utf-16-le", "replace"), sector, size)
        waiting += [left, right]
