"""Reads DOCX: mammoth makes HTML of it, which keeps headings, lists and tables, and the HTML reader does the rest."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import mammoth

from sluice.adapters.parsers import html
from sluice.adapters.parsers.archives import Archive, parse_xml
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import ParsedDocument
from sluice.errors import DamagedDocument

_PROPERTIES = "docProps/core.xml"
# Word's built-in names; mammoth knows the English ones of headings already.
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return a block for the text under each heading, with the heading's path; raise `DocumentError`."""
    archive = Archive(body, limits)
    # Each part is unpacked once within the limits before a library that has none unpacks it.
    properties = [parse_xml(archive.read(name), name) for name in archive.names if _is_document(name)]
    title = _title(archive)
    del properties
    try:
        page = mammoth.convert_to_html(
            io.BytesIO(body), style_map=_STYLES, convert_image=mammoth.images.img_element(_no_image)
        ).value
    except (RecursionError, MemoryError):
        raise
    except Exception as error:
        raise DamagedDocument("The document is damaged and can't be read.") from error
    return replace(html.read(page), kind="docx", title=title)


def _is_document(name: str) -> bool:
    return name.startswith("word/") and name.endswith((".xml", ".rels"))


def _no_image(_: Any) -> dict[str, str]:
    return {"src": ""}


def _title(archive: Archive) -> str | None:
    if _PROPERTIES not in archive:
        return None
    try:
        found = archive.xml(_PROPERTIES).findtext("{http://purl.org/dc/elements/1.1/}title")
    except DamagedDocument:
        return None
    return one_line(found or "") or None
