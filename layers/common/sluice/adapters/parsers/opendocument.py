"""Reads OpenDocument: texts by their headings, slides and drawings by their pages, sheets by their names (ODF 1.3)."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from xml.etree.ElementTree import Element

from sluice.adapters.parsers import open_sheets, open_slides, open_text
from sluice.adapters.parsers.archives import Archive, encoded, parse_xml
from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.open_margins import Masters, margin_lines
from sluice.adapters.parsers.open_objects import put_in_place
from sluice.adapters.parsers.open_styles import Styles
from sluice.adapters.parsers.packages import tag
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EncryptedDocument, UnsupportedKind

_CONTENT = "content.xml"
_STYLES = "styles.xml"
_META = "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
# Whatever prefix, or none, stands for the name space of OpenDocument.
_SHEETS = re.compile(rb"<(?:[\w.-]+:)?spreadsheet[\s>]")


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return the blocks of a document that is an archive; raise `DocumentError`."""
    archive = Archive(body, limits)
    if _MANIFEST in archive and b"encryption-data" in archive.read(_MANIFEST):
        raise EncryptedDocument
    content = archive.read(_CONTENT)
    shared = _styles_of(archive)
    if _SHEETS.search(content):
        document = open_sheets.read(content, limits)
        return replace(document, blocks=(*document.blocks, *_margins(shared, Styles(shared))))
    root = parse_xml(content, _CONTENT)
    styles = Styles([*shared, root])  # without those of the objects within it, whose names may be the same
    put_in_place(root, archive)
    return _read(root, shared, styles, limits, _title_of(archive))


def read_flat(text: str, limits: Limits) -> ParsedDocument:
    """Return the blocks of a document that is one file of XML; raise `DocumentError`."""
    content = encoded(text)
    if _SHEETS.search(content):
        return open_sheets.read(content, limits)
    root = parse_xml(content, _CONTENT)
    return _read(root, [], Styles([root]), limits, _title(root))


def _styles_of(archive: Archive) -> list[Element]:
    """Return the styles and masters, if they can be read: without them the text is still the text."""
    with suppress(DamagedDocument):
        return [archive.xml(_STYLES)] if _STYLES in archive else []
    return []


def _title_of(archive: Archive) -> str | None:
    try:
        return _title(archive.xml(_META)) if _META in archive else None
    except DamagedDocument:
        return None


def _title(root: Element) -> str | None:
    return one_line(next((title.text or "" for title in root.iter(_TITLE)), "")) or None


def _margins(roots: list[Element], styles: Styles) -> list[Block]:
    lines = margin_lines(roots, styles)
    return [Block(clean("\n".join(lines)))] if lines else []


def _read(root: Element, shared: list[Element], styles: Styles, limits: Limits, title: str | None) -> ParsedDocument:
    roots = [*shared, root]
    for body in root:
        for form in body if tag(body) == "body" else ():
            match tag(form):
                case "text":
                    blocks = (*open_text.blocks(form, styles), *_margins(roots, styles))
                    return ParsedDocument("odt", blocks, title=title)
                case "presentation" | "drawing" as kind:
                    masters = Masters(roots, styles)
                    name = "odp" if kind == "presentation" else "odg"
                    return open_slides.read(form, styles, masters, limits, name, title)
    raise UnsupportedKind("This OpenDocument file holds no text, slides or sheets.")
