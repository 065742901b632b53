"""Lets PDFium know the characters of fonts that say in another way than its own which ones they are.

It knows a character by the font's map to Unicode, or by the glyph's name. Other ways are: a map that is not quite as it
should be, the table of characters of a font in the file, the order of glyphs that the fonts of a system share, and the
names of glyphs that are drawn one by one (Type 3).
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers import glyph_tables, unicode_maps
from sluice.adapters.parsers.pdf_objects import Objects, Value

_Font = dict[bytes, Value]

# A base map of Adobe's for East Asia stays behind what the map itself says.
_BASED = re.compile(rb"Adobe-\w+-UCS2")
_BY_GLYPH = (b"/Identity-H", b"/Identity-V")
# Fonts of Windows begin with the same glyphs: those of ASCII from the space on, then those of the Macintosh.
_OF_WINDOWS = re.compile(
    rb"/(?:[A-Z]{6}\+)?(?:Arial|TimesNewRoman|CourierNew|Verdana|Tahoma|Georgia|Trebuchet|ComicSans|Microsoft ?Sans)"
)
_FIRST_GLYPH = 3
_SPACE = re.compile(rb"#20|[\s,-]")
_ORDER = bytes([*range(0x20, 0x7F), *range(0x80, 0xCA), *range(0xCB, 0xD6)]).decode("mac_roman")
_LATER = {226 + place: letter for place, letter in enumerate("ŁłŠšŽž¦ÐðÝýÞþ−×¹²³½¼¾")}
_LOST = "\ufffd"
_LEAST = 0x400
# What only fonts have in which PDFium may miss something.
_TELLING = (b"/DescendantFonts", b"/ToUnicode", b"/CharProcs")
# A letter's glyph that has the letter's name; other drawn glyphs are numbered.
_NAME = re.compile(rb"/[A-Za-z]")


def mended(pdf: pdfium.PdfDocument) -> bytes | None:
    """Return the file with maps to Unicode for its fonts, None where nothing is known that PDFium does not know."""
    saved = io.BytesIO()
    try:
        pdf.save(saved, flags=pdfium_c.FPDF_REMOVE_SECURITY)
        objects = Objects(saved.getvalue())
        return _with_maps(objects)
    except (pdfium.PdfiumError, ValueError, LookupError, struct.error, zlib.error, RecursionError):
        return None


def _with_maps(objects: Objects) -> bytes | None:
    values: dict[int, Value] = {}
    streams: dict[int, bytes] = {}
    for number, value in objects.holding(*_TELLING):
        for font in _fonts(value):
            if changes := _by_names(objects, font):
                font.update(changes)
            elif characters := _characters(objects, font):
                identifier = objects.following + len(streams)
                streams[identifier] = unicode_maps.written(characters)
                font[b"/ToUnicode"] = b"%d 0 R" % identifier
            else:
                continue
            values[number] = value
    return objects.changed(values, streams) if values else None


def _fonts(value: Value) -> Iterator[_Font]:
    """Yield the fonts in an object, which may be one or hold the resources of a page."""
    if isinstance(value, dict):
        if any(name in value for name in _TELLING):
            yield value
        for inner in value.values():
            yield from _fonts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fonts(inner)


def _characters(objects: Objects, font: _Font) -> dict[int, str]:
    """Return what the font's codes stand for, as far as that is known; nothing where PDFium may know more."""
    content = objects.stream(font.get(b"/ToUnicode"))
    if _BASED.search(content):
        return {}
    known = _of_glyphs(objects, font) if font.get(b"/Encoding") in _BY_GLYPH else {}
    if not known and unicode_maps.is_in_order(content):
        return {}
    own = unicode_maps.read(content)
    if not known:
        return own
    # A map that repeats the glyphs' numbers is made by programs that do not know better.
    told = {code: said for code, said in own.items() if said != chr(code)}
    return dict.fromkeys(range(1, max(_LEAST, *known)), _LOST) | known | told


def _of_glyphs(objects: Objects, font: _Font) -> dict[int, str]:
    """Return which characters the glyphs are, by the numbers that stand for them in the text."""
    listed = objects.resolved(font.get(b"/DescendantFonts"))
    inner = objects.resolved(listed[0]) if isinstance(listed, list) and listed else None
    descriptor = objects.resolved(inner.get(b"/FontDescriptor")) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or inner.get(b"/Subtype") != b"/CIDFontType2":
        return {}
    if not isinstance(descriptor, dict) or b"/FontFile2" not in descriptor:
        name = inner.get(b"/BaseFont")
        is_of_windows = isinstance(name, bytes) and _OF_WINDOWS.match(_SPACE.sub(b"", name))
        return dict(enumerate(_ORDER, _FIRST_GLYPH)) | _LATER if is_of_windows else {}
    known = glyph_tables.characters(objects.stream(descriptor[b"/FontFile2"]))
    numbers = objects.stream(inner.get(b"/CIDToGIDMap"))
    if not numbers:
        return known
    glyphs = struct.unpack(f">{len(numbers) // 2}H", numbers[: len(numbers) // 2 * 2])
    return {code: known[glyph] for code, glyph in enumerate(glyphs) if glyph in known}


def _by_names(objects: Objects, font: _Font) -> _Font:
    """Return what makes a drawn font one of which PDFium asks the names; nothing where they are numbers."""
    encoding = objects.resolved(font.get(b"/Encoding"))
    matrix, widths = objects.resolved(font.get(b"/FontMatrix")), objects.resolved(font.get(b"/Widths"))
    if b"/CharProcs" not in font or b"/ToUnicode" in font or not isinstance(encoding, dict):
        return {}
    differences = objects.resolved(encoding.get(b"/Differences"))
    names = [name for name in differences if isinstance(name, bytes)] if isinstance(differences, list) else []
    if not any(map(_NAME.fullmatch, names)) or not isinstance(matrix, list) or not isinstance(widths, list):
        return {}
    scale = abs(_float(matrix[0])) * 1000
    scaled: list[Value] = [b"%.1f" % (_float(objects.resolved(width)) * scale) for width in widths]
    return {b"/Subtype": b"/Type1", b"/BaseFont": b"/Helvetica", b"/Widths": scaled}


def _float(value: Value | None) -> float:
    return float(value) if isinstance(value, bytes) else 0.0
