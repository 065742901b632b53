"""Reads XLSX, XLSB and XLS with calamine: a block a sheet, under its name, with a line a row."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import python_calamine as calamine

from sluice.adapters.parsers import far_binary_cells, far_cells
from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cells import joined, number
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.sheet_margins import margins_of
from sluice.adapters.parsers.sparse_sheets import SparseSheets, lie_far_apart
from sluice.adapters.parsers.workbook_parts import drawn_on, shown_sheets, workbook_part
from sluice.adapters.parsers.xls_words import words_by_sheet
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EncryptedDocument


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return one block a sheet, hidden ones left out; raise `DocumentError`."""
    archive = Archive(body, limits) if body.startswith(b"PK") else None
    if archive is None:
        return _document(list(_texts(body, limits)), words_by_sheet(body), limits)
    if part := workbook_part(archive):
        with suppress(DamagedDocument):  # calamine minds less, or says what is wrong
            return _read_xml(body, archive, part, limits)
    return _document(list(_texts(far_binary_cells.drawn_together(archive, body), limits)), {}, limits)


def _read_xml(body: bytes, archive: Archive, workbook: str, limits: Limits) -> ParsedDocument:
    sheets = shown_sheets(archive, workbook)
    limits.check_pages(len(sheets), "sheets")
    margins, lie_apart = {}, False
    for sheet in sheets:
        content = archive.read(sheet.part)
        margins[sheet.name] = margins_of(content)
        lie_apart = lie_apart or lie_far_apart(content)
    texts = None
    if not lie_apart:
        with suppress(DamagedDocument):
            texts = list(_texts(body, limits))
    again = Archive(body, limits)  # what it expands to is counted anew
    if texts is None:
        reader = SparseSheets(again, workbook, limits)
        texts = [(sheet.name, reader.text(sheet)) for sheet in sheets]
    beside = {sheet.name: drawn_on(again, sheet) + margins[sheet.name] for sheet in sheets}
    return _document(_with_charts(texts, [*beside]), beside, limits)


def _with_charts(texts: list[tuple[str, str]], names: list[str]) -> list[tuple[str, str]]:
    """Return the texts of all sheets in their order, also of those that hold a chart and no cells."""
    cells = dict(texts)
    return [(name, cells.get(name, "")) for name in names] if cells.keys() <= set(names) else texts


def _document(sheets: list[tuple[str, str]], beside: dict[str, list[str]], limits: Limits) -> ParsedDocument:
    """Return the sheets with their cells, and with the words beside those behind them."""
    limits.check_pages(len(sheets), "sheets")
    texts = ["\n\n".join(filter(None, (cells, "\n".join(beside.get(name, []))))) for name, cells in sheets]
    blocks = (
        Block(text, page=page, heading=one_line(name) or None)
        for page, ((name, _), text) in enumerate(zip(sheets, texts, strict=True), 1)
        if text
    )
    return ParsedDocument("xlsx", tuple(blocks), pages=len(sheets))


def _texts(body: bytes, limits: Limits) -> Iterator[tuple[str, str]]:
    with _damage("The workbook is damaged and can't be read."):
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(far_cells.drawn_together(body)))
    names = [sheet.name for sheet in workbook.sheets_metadata if _is_shown(sheet)]
    limits.check_pages(len(names), "sheets")
    for name in names:
        yield name, _text(workbook, name, limits)


@contextmanager
def _damage(message: str) -> Iterator[None]:
    """Raise `DocumentError` for what calamine raises; where its code in Rust panics, that is no `Exception`."""
    try:
        yield
    except calamine.PasswordError as error:
        raise EncryptedDocument from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DamagedDocument(message) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise DamagedDocument(message) from error
        raise


def _is_shown(sheet: calamine.SheetMetadata) -> bool:
    return bool(sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible)


def _text(workbook: calamine.CalamineWorkbook, name: str, limits: Limits) -> str:
    lines, characters = [], 0
    with _damage(f"The sheet {name} is damaged and can't be read."):
        for line in _lines(workbook.get_sheet_by_name(name).iter_rows()):
            characters += len(line) + 1
            limits.check_characters(characters)
            lines.append(line)
    return clean("\n".join(lines))


def _lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    for row in rows:
        # Most cells of a sparse sheet are empty.
        line = joined("" if value == "" else _cell(value) for value in row)
        if line:
            yield line


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return one_line(str(value))
