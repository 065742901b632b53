"""The words of old workbooks beside their cells: in boxes and comments, charts, headers and footers."""

from __future__ import annotations

import struct

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from tests.parsers.old_workbooks import label, record, workbook

HEADER, SERIES, CONTINUED, BOX = 0x0014, 0x100D, 0x003C, 0x01B6


def string(text: str) -> bytes:
    """Return the characters behind the byte that says how wide they are."""
    return b"\0" + text.encode("latin-1") if text.isascii() else b"\1" + text.encode("utf-16-le")


def box(text: str, *pieces: str) -> bytes:
    """Return a box that holds the text, whose characters may be kept in pieces."""
    head = record(BOX, bytes(10) + struct.pack("<HHI", len(text), 16, 0))
    return (
        head + b"".join(record(CONTINUED, string(piece)) for piece in pieces or (text,)) + record(CONTINUED, bytes(16))
    )


def test_words_beside_cells_stand_below_them(parser: DocumentParser) -> None:
    """Each line once, with the sheet on which it is."""
    codes = '&L&"Arial,Bold"&12Ann && Ltd&CPage &P of &N&R&K00-024Secret'
    header = record(HEADER, struct.pack("<H", len(codes)) + string(codes))
    points = record(0x0204, struct.pack("<HHHH", 0, 0, 0, 6) + string("Spring"))
    chart = record(0x0809, struct.pack("<HH", 0x600, 0x20) + bytes(12)) + points + record(10, b"")
    series = chart + record(SERIES, struct.pack("<HB", 0, 5) + string("Sales"))
    first = header + label(0, 0, "Rent") + box("Größe\nof it", "Grö", "ße\nof it") + box("Größe")

    assert parser.parse("a.xls", workbook(first, series)).blocks == (
        Block("Rent\n\nAnn & Ltd\nSecret\nGröße\nof it", page=1, heading="S0"),
        Block("Spring\nSales", page=2, heading="S1"),
    )


def test_what_is_cut_off_costs_no_cell(parser: DocumentParser) -> None:
    """A box without its words, and records that are too short."""
    broken = record(BOX, bytes(3)) + record(SERIES, b"") + record(HEADER, b"\1")

    assert parser.parse("a.xls", workbook(label(0, 0, "Rent") + broken)).blocks == (
        Block("Rent", page=1, heading="S0"),
    )
