"""Reads which characters a TrueType font's glyphs are for (OpenType 1.9, table `cmap`)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

# Of Unicode, by its own platform and by Windows'; the others number characters in their own ways.
_UNICODE = frozenset({(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (3, 1), (3, 10)})
# As many characters as a font can have; a broken one can name the same ones again and again.
_MOST = 0x20000


def characters(font: bytes) -> dict[int, str]:
    """Return the first character of each glyph, by the glyph's number; raise `struct.error` for a broken font."""
    found: dict[int, str] = {}
    start = _table(font, b"cmap")
    if start is None:
        return found
    (count,) = struct.unpack_from(">H", font, start + 2)
    for place in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * place)
        if (platform, encoding) in _UNICODE:
            for code, glyph in islice(_pairs(font, start + offset), _MOST):
                if glyph and chr(code).isprintable():  # some fonts also list their controls and private codes
                    found.setdefault(glyph, chr(code))
    return found


def _table(font: bytes, name: bytes) -> int | None:
    (count,) = struct.unpack_from(">H", font, 4)
    for place in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * place)
        if tag == name:
            return int(offset)
    return None


def _pairs(font: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield characters and glyphs of the two formats that fonts in files have."""
    (kind,) = struct.unpack_from(">H", font, start)
    if kind == 4:
        yield from _segments(font, start)
    elif kind == 12:
        (count,) = struct.unpack_from(">L", font, start + 12)
        for place in range(count):
            first, last, glyph = struct.unpack_from(">LLL", font, start + 16 + 12 * place)
            for code in range(first, min(last, 0x10FFFF) + 1):
                yield code, glyph + code - first


def _segments(font: bytes, start: int) -> Iterator[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", font, start + 6)
    form = f">{twice // 2}H"
    places = (start + 14, start + 16 + twice, start + 16 + 2 * twice, start + 16 + 3 * twice)
    lasts, firsts, deltas, offsets = (struct.unpack_from(form, font, place) for place in places)
    for number, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for code in range(first, last + 1):
            if not offset:
                yield code, (code + delta) & 0xFFFF
                continue
            place = places[3] + 2 * number + offset + 2 * (code - first)
            if place + 2 <= len(font):
                (glyph,) = struct.unpack_from(">H", font, place)
                yield code, (glyph + delta) & 0xFFFF if glyph else 0
