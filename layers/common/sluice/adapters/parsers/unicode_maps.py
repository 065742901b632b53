"""Reads and writes the maps in which a PDF's font says what its codes stand for (ISO 32000-1, section 9.10.3).

PDFium leaves out a whole section of a map whose entries are not as many as it announces, which reach over 256 codes, or
whose codes have more than two bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

_SECTION = re.compile(rb"(?:(\d+)\s+)?beginbf(char|range)(.*?)(?:endbf|\Z)", re.DOTALL)
_PAIR = re.compile(rb"<([^<>]*)>\s*<([^<>]*)>")
_RANGE = re.compile(rb"<([^<>]*)>\s*<([^<>]*)>\s*(?:<([^<>]*)>|\[([^\]]*)\])")
_TEXT = re.compile(rb"<([^<>]*)>")
_LAST = 0xFFFF
_A_SECTION = 100
# A broken map can name the same codes again and again.
_MOST = 0x20000


def read(content: bytes) -> dict[int, str]:
    """Return what each code of two bytes at most stands for."""
    found: dict[int, str] = {}
    for _, kind, section in _SECTION.findall(content):
        pairs = _pairs(section) if kind == b"char" else _ranges(section)
        found.update((code, said) for code, said in islice(pairs, _MOST) if said.strip("\0"))
    return found


def is_in_order(content: bytes) -> bool:
    """Return whether PDFium reads all of a map, and takes what is said last where a code is there twice."""
    codes: list[int] = []
    for announced, kind, section in _SECTION.findall(content):
        entries = (_PAIR if kind == b"char" else _RANGE).findall(section)
        first = [_code(entry[0]) for entry in entries]
        last = first if kind == b"char" else [_code(entry[1]) for entry in entries]
        if int(announced or b"0") != len(entries) or any(code > _LAST for code in first):
            return False
        if any(start >> 8 != end >> 8 for start, end in zip(first, last, strict=True)):
            return False
        codes += first
    return len(codes) == len(set(codes))


def written(characters: Mapping[int, str]) -> bytes:
    """Return a map that PDFium reads."""
    entries = [
        b"<%04X> <%b>\n" % (code, said.encode("utf-16-be", "surrogatepass").hex().encode())
        for code, said in sorted(characters.items())
    ]
    sections = (entries[first : first + _A_SECTION] for first in range(0, len(entries), _A_SECTION))
    return b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(section), b"".join(section)) for section in sections)


def _pairs(section: bytes) -> Iterator[tuple[int, str]]:
    for code, said in _PAIR.findall(section):
        if (number := _code(code)) <= _LAST:
            yield number, _text(said)


def _ranges(section: bytes) -> Iterator[tuple[int, str]]:
    for first, last, said, each in _RANGE.findall(section):
        codes = range(_code(first), min(_code(last), _LAST) + 1)
        if each:
            yield from zip(codes, map(_text, _TEXT.findall(each)), strict=False)
        elif text := _text(said):
            for step, code in enumerate(codes):
                if ord(text[-1]) + step <= _LAST or len(said) > 4:
                    yield code, text[:-1] + chr(min(ord(text[-1]) + step, 0x10FFFF))


def _code(digits: bytes) -> int:
    return int(b"".join(digits.split()) or b"0", 16)


def _text(digits: bytes) -> str:
    """A text is in UTF-16; some programs write Latin letters as one byte."""
    said = bytes.fromhex(b"".join(digits.split()).decode("ascii").zfill(4))
    return said.decode("utf-16-be", "ignore")
