"""Old workbooks whose cells lie far apart: read in the memory that their cells take, not their sheets."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest

from sluice.adapters.parsers.far_cells import drawn_together
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DocumentTooLarge
from tests.parsers.making import archive, relations
from tests.parsers.old_workbooks import LAST_COLUMN, LAST_ROW, label, record, workbook


def run(row: int, column: int, values: Iterable[int]) -> bytes:
    """Return whole numbers side by side, which take one record."""
    cells = b"".join(struct.pack("<HI", 0, value << 2 | 2) for value in values)
    return record(0x00BD, struct.pack("<HH", row, column) + cells + struct.pack("<H", column + len(cells) // 6 - 1))


def test_cells_in_opposite_corners_are_read(parser: DocumentParser) -> None:
    """Of every sheet, with runs of numbers whole and wide gaps narrowed, as in the workbooks of today."""
    first = label(0, 0, "first") + run(7, 250, [1, 2, 3]) + label(LAST_ROW, LAST_COLUMN, "last")
    second = label(9, 3, "a") + label(9, 6, "b")

    assert parser.parse("a.xls", workbook(first, second)).blocks == (
        Block("first\n1 | 2 | 3\nlast", page=1, heading="S0"),
        Block("a |  |  | b", page=2, heading="S1"),
    )


def test_a_declared_size_takes_no_memory(parser: DocumentParser) -> None:
    """Where there is nothing in the sheet but its size."""
    assert parser.parse("a.xls", workbook(b"", label(2, 1, "b"))).blocks == (Block("b", page=2, heading="S1"),)


def test_what_is_too_large_all_the_same_is_refused() -> None:
    """By its cells, before any memory is taken for them: so many rows of a run that is as wide as the sheet."""
    runs = b"".join(record(0x00BE, struct.pack("<HHH", row, 0, LAST_COLUMN)) for row in range(32_000))

    with pytest.raises(DocumentTooLarge, match="32,000 rows of 256 columns; at most 8,000,000"):
        drawn_together(workbook(runs))


def binary_record(kind: int, content: bytes = b"") -> bytes:
    kind_bytes = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return kind_bytes + bytes([len(content)]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_workbook(*cells: tuple[int, int, str]) -> bytes:
    """Return an XLSB of these cells, each in a row of its own, whose sheet says that it is as large as one can be."""
    rows = b"".join(
        binary_record(0, struct.pack("<I", row) + bytes(21))
        + binary_record(6, struct.pack("<II", column, 0) + wide(text))
        for row, column, text in cells
    )
    size = binary_record(148, struct.pack("<IIII", 0, 1_048_575, 0, 16_383))
    sheet = binary_record(129) + size + binary_record(145) + rows + binary_record(146) + binary_record(130)
    listed = binary_record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Costs"))
    return archive(
        {
            "_rels/.rels": relations(("officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": binary_record(131)
            + binary_record(143)
            + listed
            + binary_record(144)
            + binary_record(132),
            "xl/_rels/workbook.bin.rels": relations(("worksheet", "worksheets/sheet1.bin")),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def test_binary_cells_in_opposite_corners_are_read(parser: DocumentParser) -> None:
    """In the memory that they take."""
    body = binary_workbook((0, 0, "first"), (9, 2, "between"), (1_048_575, 16_383, "last"))

    assert parser.parse("a.xlsb", body).blocks == (Block("first\nbetween\nlast", page=1, heading="Costs"),)


@pytest.mark.parametrize("cut", [700, 1_600, 2_000])
def test_a_broken_workbook_stays_as_it_is(cut: int) -> None:
    """calamine says what is wrong with it."""
    body = workbook(label(0, 0, "first") + label(LAST_ROW, LAST_COLUMN, "last"))[:cut]

    assert len(drawn_together(body)) == len(body)
