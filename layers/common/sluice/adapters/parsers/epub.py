"""Reads EPUB: its chapters in reading order, each by the HTML reader (EPUB 3.3, sections 4 and 5)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from sluice.adapters.parsers import html
from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.decoding import decode
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EncryptedDocument

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return a block for the text under each heading; a chapter without headings is named by its title."""
    archive = Archive(body, limits)
    package_name = _package_name(archive)
    package = archive.xml(package_name)
    encrypted = _encrypted(archive)
    blocks: list[Block] = []
    for chapter in _chapters(package, posixpath.dirname(package_name)):
        if chapter in encrypted:
            raise EncryptedDocument("The book is protected against copying; upload a copy that is not.")
        if chapter in archive:
            blocks += _chapter(archive.read(chapter))
    return ParsedDocument("epub", tuple(blocks), title=_title(package))


def _package_name(archive: Archive) -> str:
    for element in archive.xml(_CONTAINER).iter():
        if _name(element) == "rootfile" and (path := element.get("full-path")):
            return path
    raise DamagedDocument("The book is damaged: it names no package.")


def _encrypted(archive: Archive) -> set[str]:
    if _ENCRYPTION not in archive:
        return set()
    references = (element for element in archive.xml(_ENCRYPTION).iter() if _name(element) == "CipherReference")
    return {unquote(element.get("URI", "")) for element in references}


def _chapters(package: Element, folder: str) -> Iterator[str]:
    items = {element.get("id", ""): element for element in package.iter() if _name(element) == "item"}
    for element in package.iter():
        item = items.get(element.get("idref", "")) if _name(element) == "itemref" else None
        if item is not None and item.get("media-type") in _PAGES:
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _chapter(body: bytes) -> list[Block]:
    page = html.read(decode(body))
    return [block if block.heading else replace(block, heading=page.title) for block in page.blocks]


def _title(package: Element) -> str | None:
    found = next((element.text for element in package.iter() if _name(element) == "title"), None)
    return one_line(found or "") or None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
