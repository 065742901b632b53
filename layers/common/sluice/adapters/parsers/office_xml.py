"""Reads Office documents that are one file of XML: packages in one piece, and what Word and Excel 2003 wrote."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import encoded, parse_xml
from sluice.adapters.parsers.cell_formats import CellFormats
from sluice.adapters.parsers.cells import joined, spaced
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.packages import attribute, tag
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# What stands within the document of Word 2003, and in parts of its own since.
_PARTS = {"body": "document", "styles": "styles", "hdr": "header", "ftr": "footer"}
# Excel writes references to control characters, which no file of XML may have.
_CONTROL = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));|[\x00-\x08\x0b\x0c\x0e-\x1f]", re.IGNORECASE
)


def packed(text: str) -> bytes:
    """Return a document that was written as one file of XML as the archive that others are; raise `DamagedDocument`."""
    root = _root(text)
    members = dict(_word_members(root) if tag(root) == "wordDocument" else _members(root))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


def read_workbook(text: str, limits: Limits) -> ParsedDocument:
    """Return a block for each sheet of a workbook in the XML of Excel 2003; raise `DocumentError`."""
    sheets = [element for element in _root(text) if tag(element) == "Worksheet" and not _is_hidden(element)]
    limits.check_pages(len(sheets), "sheets")
    blocks = (
        Block(_text(sheet), page=page, heading=one_line(attribute(sheet, "Name") or "") or None)
        for page, sheet in enumerate(sheets, 1)
    )
    return ParsedDocument("xlsx", tuple(block for block in blocks if block.text), pages=len(sheets))


def _root(text: str) -> Element:
    return parse_xml(encoded(_CONTROL.sub("", text)), "document")


def _members(package: Element) -> Iterator[tuple[str, bytes]]:
    for part in package:
        name = (attribute(part, "name") or "").lstrip("/") or "unnamed"
        for data in part:
            if tag(data) == "xmlData" and len(data):
                yield name, ElementTree.tostring(data[0], "utf-8")
            elif tag(data) == "binaryData":
                yield name, _decoded(data.text or "")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise DamagedDocument("The document is damaged: one of its parts is cut off.") from error


def _word_members(root: Element) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of what Word 2003 wrote, whose elements are named as in DOCX."""
    relations = ""
    for number, element in enumerate(root.iter()):
        kind = _PARTS.get(tag(element), "")
        if kind == "document":
            _set_notes_apart(element)
            yield "word/document.xml", ElementTree.tostring(element, "utf-8")
        elif kind:
            yield f"word/part{number}.xml", ElementTree.tostring(element, "utf-8")
            relations += f'<Relationship Id="r{number}" Type="{_RELATIONSHIPS}/{kind}" Target="part{number}.xml"/>'
    yield "word/_rels/document.xml.rels", f"<Relationships>{relations}</Relationships>".encode()


def _set_notes_apart(body: Element) -> None:
    """Make boxes of the notes and comments, which stood within the paragraph that they are about."""
    for element in body.iter():
        is_comment = tag(element) == "annotation" and attribute(element, "type") == "Word.Comment"
        if is_comment or tag(element) in ("footnote", "endnote"):
            element.tag = "txbxContent"


def _is_hidden(sheet: Element) -> bool:
    return any(tag(element) == "Visible" and element.text != "SheetVisible" for element in sheet.iter())


def _text(sheet: Element) -> str:
    comments = (one_line("".join(element.itertext())) for element in sheet.iter() if tag(element) == "Comment")
    remarks = "\n".join(f"Comment: {comment}" for comment in comments if comment)
    return clean("\n\n".join(filter(None, ("\n".join(_rows(sheet)), remarks))))


def _rows(sheet: Element) -> Iterator[str]:
    for row in sheet.iter():
        if tag(row) == "Row" and (line := joined(spaced(_values(row)))):
            yield line


def _values(row: Element) -> Iterator[tuple[int, str]]:
    """Yield the cells with the numbers of their columns, which stand only behind a gap."""
    column = 0
    for cell in row:
        place = attribute(cell, "Index") or ""
        column = int(place) if place.isdecimal() else column + 1
        yield column, next((_value(data) for data in cell if tag(data) == "Data"), "")


def _value(data: Element) -> str:
    text = one_line("".join(data.itertext()))
    match attribute(data, "Type"):
        case "Number":
            return CellFormats().written(text, "")
        case "DateTime":
            return text.removesuffix("T00:00:00.000").replace("T", " ").removesuffix(".000")
        case "Boolean":
            return str(text == "1")
        case "Error":
            return ""
        case _:
            return text
