"""Tells what a file of XML is by its outermost element."""

from __future__ import annotations

import re

OFFICE_XML = "Office in one file"
EXCEL_XML = "Excel in one file"
XML = "XML"

# The outermost element, behind what is said of the file.
_ROOT = re.compile(r"(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>]*>|\s)*+<(?:[\w.-]+:)?([\w.-]+)([^>]*)>", re.DOTALL)
_OFFICE = {
    "package": ("http://schemas.microsoft.com/office/2006/xmlPackage", OFFICE_XML),
    "wordDocument": ("http://schemas.microsoft.com/office/word/2003/wordml", OFFICE_XML),
    "Workbook": ("urn:schemas-microsoft-com:office:spreadsheet", EXCEL_XML),
}
_NAMES = frozenset({"xml", "svg"})


def xml_kind(beginning: str, extension: str) -> str | None:
    """Return which document of Office's is written as this XML, `XML` for any other, None for what is no XML."""
    root = _ROOT.match(beginning) if beginning.startswith("<") else None
    space, kind = _OFFICE.get(root[1], ("", "")) if root else ("", "")
    if root and kind and space in root[2]:
        return kind
    is_other = beginning.startswith("<?xml") or (root and (extension in _NAMES or "xmlns" in root[2]))
    return XML if is_other else None
