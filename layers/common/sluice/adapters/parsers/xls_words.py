"""The words of an XLS beside its cells: in boxes, comments, charts, headers and footers ([MS-XLS], section 2.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from sluice.adapters.parsers.biff import BEGIN, records, workbook_places
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.sheet_margins import margin_lines

_SHEET, _END, _BOX, _CONTINUED, _SERIES, _LABEL = 0x0085, 0x000A, 0x01B6, 0x003C, 0x100D, 0x0204
_MARGINS = frozenset({0x0014, 0x0015})
_SAYING = _MARGINS | {_SERIES, _LABEL}
# Excel 97 to 2003, whose strings are Unicode.
_VERSION = 0x0600


def words_by_sheet(body: bytes) -> dict[str, list[str]]:
    """Return the lines of each sheet by its name; what is broken has none."""
    stream = b"".join(body[place] for place in workbook_places(body))
    try:
        (version,) = struct.unpack_from("<H", stream, 4)
        sheets = sorted(_sheets(stream)) if version == _VERSION else []
    except (struct.error, IndexError):
        return {}
    ends = pairwise([*(start for start, _ in sheets), len(stream)])
    return {name: _different(_words(stream, *span)) for (_, name), span in zip(sheets, ends, strict=True)}


def _sheets(stream: bytes) -> Iterator[tuple[int, str]]:
    """Yield where each sheet begins, and its name, as the records before the first one say."""
    for record in records(stream):
        if record.kind == _END:
            return
        if record.kind == _SHEET:
            (start,) = struct.unpack_from("<I", stream, record.start)
            yield start, _short_string(stream[record.start + 6 : record.end])


def _words(stream: bytes, start: int, end: int) -> Iterator[str]:
    missing, box, depth = 0, "", 0
    for kind, first, last in records(stream, start, end):
        if kind == _CONTINUED and missing:
            piece = _characters(stream[first + 1 : last], stream[first])[:missing] if first < last else ""
            missing, box = missing - len(piece), box + piece
            if not missing:
                yield from box.splitlines()
            continue
        missing, box = _length(stream[first:last]) if kind == _BOX else 0, ""
        depth += (kind == BEGIN) - (kind == _END)
        if kind in _SAYING:
            yield from _said(kind, stream[first:last], in_chart=depth > 1)


def _length(box: bytes) -> int:
    """Return how many characters of a box follow."""
    return int.from_bytes(box[10:12], "little")


def _said(kind: int, said: bytes, *, in_chart: bool) -> Iterator[str]:
    """Yield what a record says by itself; labels outside of charts are cells."""
    if kind == _SERIES and len(said) > 4:
        yield _short_string(said[2:])
    elif kind == _LABEL and in_chart and len(said) > 9:
        yield _characters(said[9:], said[8])
    elif kind in _MARGINS and len(said) > 3:
        yield from margin_lines(_characters(said[3:], said[2]))


def _short_string(string: bytes) -> str:
    return _characters(string[2:], string[1])[: string[0]]


def _characters(raw: bytes, flags: int) -> str:
    return raw.decode("utf-16-le", "replace") if flags & 1 else raw.decode("latin-1")


def _different(lines: Iterator[str]) -> list[str]:
    return [line for line in dict.fromkeys(map(one_line, lines)) if line]
