"""Cuts symbols and debugging information off shared objects, for any platform, without binutils.

The dynamic loader reads segments, by the program headers; sections only serve linkers and debuggers. What lies behind
the last segment is therefore never mapped. Layout: elf(5), 64-bit little-endian.
"""

from __future__ import annotations

import struct
from pathlib import Path

MAGIC = b"\x7fELF\x02\x01"  # 64-bit, little-endian: both of Lambda's platforms
PROGRAM_HEADERS = struct.Struct("<32xQ14xHH")  # of the file header: their offset, the size of one, their number
SEGMENT = struct.Struct("<8xQ16xQ")  # of a program header: the segment's offset and its size in the file
SECTION_HEADERS, SECTION_COUNT = slice(0x28, 0x30), slice(0x3C, 0x40)


def strip(tree: Path) -> int:
    """Strip every shared object of the tree; return the number of bytes that went."""
    return sum(strip_file(path) for path in tree.rglob("*.so*") if path.is_file() and not path.is_symlink())


def strip_file(path: Path) -> int:
    """Cut the file behind its last segment and unhook its section headers; leave any other kind of file alone."""
    content = bytearray(path.read_bytes())
    if not content.startswith(MAGIC):
        return 0
    offset, entry, number = PROGRAM_HEADERS.unpack_from(content)
    segments = [SEGMENT.unpack_from(content, offset + entry * index) for index in range(number)]
    end: int = max(offset + entry * number, *(start + length for start, length in segments))
    content[SECTION_HEADERS] = bytes(8)
    content[SECTION_COUNT] = bytes(4)
    path.write_bytes(content[:end])
    return len(content) - end
