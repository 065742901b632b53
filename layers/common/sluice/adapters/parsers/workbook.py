"""Reads XLSX, XLSB, XLS and ODS with calamine: a block a sheet, under its name, with a line a row."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Iterator
from typing import Any

import python_calamine as calamine

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EncryptedDocument


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return one block a sheet, hidden ones left out; raise `DocumentError`."""
    if body.startswith(b"PK"):
        Archive(body, limits)
    workbook = _open(body)
    names = [sheet.name for sheet in workbook.sheets_metadata if _is_shown(sheet)]
    limits.check_pages(len(names), "sheets")
    blocks = []
    for number, name in enumerate(names, 1):
        text = _text(workbook, name, limits)
        if text:
            blocks.append(Block(text, page=number, heading=one_line(name) or None))
    return ParsedDocument("xlsx", tuple(blocks), pages=len(names))


def _open(body: bytes) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    except calamine.PasswordError as error:
        raise EncryptedDocument from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DamagedDocument("The workbook is damaged and can't be read.") from error


def _is_shown(sheet: calamine.SheetMetadata) -> bool:
    return bool(sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible)


def _text(workbook: calamine.CalamineWorkbook, name: str, limits: Limits) -> str:
    try:
        sheet = workbook.get_sheet_by_name(name)
    except (calamine.CalamineError, ValueError) as error:
        raise DamagedDocument(f"The sheet {name} is damaged and can't be read.") from error
    lines, characters = [], 0
    for line in _lines(sheet.iter_rows()):
        characters += len(line) + 1
        limits.check_characters(characters)
        lines.append(line)
    return clean("\n".join(lines))


def _lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    for row in rows:
        line = " | ".join(_cell(value) for value in row).strip(" |")
        if line:
            yield line


def _cell(value: Any) -> str:
    """Write a value as the sheet shows it in its plainest format: whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return one_line(str(value))
