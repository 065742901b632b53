"""Reads and changes the objects of a PDF as PDFium has saved it: one after the other, each listed in one table.

PDFium's interface shows what is on a page, but not the dictionaries behind it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# Names, numbers, strings and references stay as they are written.
Value = dict[bytes, "Value"] | list["Value"] | bytes

_TOKEN = re.compile(
    rb"<<|>>|\[|\]|<[^<>]*>|\((?:\\.|[^\\()])*+\)|\d+ \d+ R\b|/[^\s<>\[\](){}/%]*|[^\s<>\[\](){}/%]+", re.DOTALL
)
_REFERENCE = re.compile(rb"(\d+) \d+ R")
_HEAD = re.compile(rb"\d+ \d+ obj\s*")
_TABLE = re.compile(rb"xref\s+")
_SECTION = re.compile(rb"(\d+) (\d+)\s+")
_TRAILER = re.compile(rb"trailer\s*")
_STREAM = re.compile(rb"stream\r?\n")
_ENTRY_BYTES = 20
_MOST_BYTES = 32 * 1024 * 1024


class Entry(NamedTuple):
    """An object's value, and where what stands behind that begins."""

    value: Value
    end: int


class Objects:
    """The objects of a file that PDFium has written; raises `ValueError` for anything else."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._start = int(body[body.rindex(b"startxref") + 9 :].split(None, 1)[0])
        self._places, end = _places(body, _matched(_TABLE, body, self._start).end())
        self._trailer = _parsed(body, _matched(_TRAILER, body, end).end()).value

    def holding(self, *names: bytes) -> Iterator[tuple[int, Value]]:
        """Yield the objects whose value has one of these names in it."""
        places = sorted((place, number) for number, place in self._places.items())
        ends = [place for place, _ in places[1:]] + [self._start]
        for (place, number), end in zip(places, ends, strict=True):
            if any(self._body.find(name, place, end) >= 0 for name in names):
                entry = self._entry(number)
                if any(self._body.find(name, place, entry.end) >= 0 for name in names):
                    yield number, entry.value

    def resolved(self, value: Value | None) -> Value | None:
        """Return what a reference stands for."""
        reference = _REFERENCE.fullmatch(value) if isinstance(value, bytes) else None
        if not reference:
            return value
        number = int(reference[1])
        return self._entry(number).value if number in self._places else None

    def stream(self, value: Value | None) -> bytes:
        """Return what the stream of that reference holds, empty where it is none or is packed in another way."""
        reference = _REFERENCE.fullmatch(value) if isinstance(value, bytes) else None
        if not reference or int(reference[1]) not in self._places:
            return b""
        entry = self._entry(int(reference[1]))
        start = _STREAM.match(self._body, entry.end)
        if not start or not isinstance(entry.value, dict):
            return b""
        length = _number(self.resolved(entry.value.get(b"/Length")))
        content = self._body[start.end() : start.end() + length]
        match entry.value.get(b"/Filter"):
            case None:
                return content
            case b"/FlateDecode" | [b"/FlateDecode"] if b"/DecodeParms" not in entry.value:
                return zlib.decompressobj().decompress(content, _MOST_BYTES)
            case _:
                return b""

    def changed(self, values: Mapping[int, Value], streams: Mapping[int, bytes]) -> bytes:
        """Return the file with these objects and streams in the place of the old ones, or as new ones."""
        written = {number: _written(value) for number, value in values.items()}
        written |= {
            number: b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)
            for number, content in streams.items()
        }
        pieces, table, place = [self._body], b"xref\n", len(self._body)
        for number, content in sorted(written.items()):
            pieces.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
            table += b"%d 1\n%010d 00000 n \n" % (number, place)
            place += len(pieces[-1])
        trailer = {**self._trailer} if isinstance(self._trailer, dict) else {}
        trailer |= {b"/Size": b"%d" % (max([self.following - 1, *written]) + 1), b"/Prev": b"%d" % self._start}
        return b"".join([*pieces, table, b"trailer\n", _written(trailer), b"\nstartxref\n%d\n%%%%EOF\n" % place])

    @property
    def following(self) -> int:
        """The first number that no object has."""
        return max(self._places, default=0) + 1

    def _entry(self, number: int) -> Entry:
        return _parsed(self._body, _matched(_HEAD, self._body, self._places[number]).end())


def _places(body: bytes, place: int) -> tuple[dict[int, int], int]:
    """Return where the objects are that the table lists, and where it ends."""
    places: dict[int, int] = {}
    while section := _SECTION.match(body, place):
        first, count = int(section[1]), int(section[2])
        place = section.end() + count * _ENTRY_BYTES
        for number, start in enumerate(range(section.end(), place, _ENTRY_BYTES), first):
            if body[start + 17 : start + 18] == b"n":
                places[number] = int(body[start : start + 10])
    return places, place


def _matched(expression: re.Pattern[bytes], body: bytes, place: int) -> re.Match[bytes]:
    found = expression.match(body, place)
    if not found:
        raise ValueError(f"no {expression.pattern!r} at {place}")
    return found


def _number(value: Value | None) -> int:
    return int(value) if isinstance(value, bytes) else 0


def _parsed(body: bytes, place: int) -> Entry:
    """Return the value that begins there."""
    token = _TOKEN.search(body, place)
    if not token:
        raise ValueError("an object without a value")
    if token[0] not in (b"<<", b"["):
        return Entry(token[0], token.end())
    inner: list[Value] = []
    place = token.end()
    while (following := _TOKEN.search(body, place)) and following[0] not in (b">>", b"]"):
        value, place = _parsed(body, following.start())
        inner.append(value)
    if not following:
        raise ValueError("an object without an end")
    if token[0] == b"[":
        return Entry(inner, following.end())
    names = (name for name in inner[::2] if isinstance(name, bytes))
    return Entry(dict(zip(names, inner[1::2], strict=True)), following.end())


def _written(value: Value) -> bytes:
    if isinstance(value, dict):
        return b"<<%b>>" % b" ".join(b"%b %b" % (name, _written(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return b"[%b]" % b" ".join(map(_written, value))
    return value
