"""Reads EPUB: its chapters in reading order, each by the HTML reader (EPUB 3.3, sections 4 and 5)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from sluice.adapters.parsers import html
from sluice.adapters.parsers.archives import Archive, parse_xml
from sluice.adapters.parsers.cleaning import one_line
from sluice.adapters.parsers.decoding import decode
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, EncryptedDocument

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"})
_PAGE_NAMES = (".xhtml", ".html", ".htm")
_DRAWING = "image/svg+xml"
_PACKAGE = ".opf"
_RIGHTS = ("META-INF/rights.xml", "META-INF/sinf.xml")
_TAG = re.compile(r"<[a-zA-Z!?]")
_PROTECTED = "The book is protected against copying; upload a copy that is not."


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return a block for the text under each heading; a chapter without headings is named by its title."""
    archive = Archive(body, limits)
    package_name = _package_name(archive)
    package = archive.xml(package_name)
    encrypted = _encrypted(archive)
    blocks: list[Block] = []
    for chapter in _chapters(archive, package, posixpath.dirname(package_name)):
        if chapter in encrypted:
            raise EncryptedDocument(_PROTECTED)
        blocks += _chapter(archive, chapter)
    return ParsedDocument("epub", tuple(blocks), title=_title(package))


def _package_name(archive: Archive) -> str:
    """Return the package that the container names, or the first one that is there."""
    container = archive.xml(_CONTAINER).iter() if _CONTAINER in archive else ()
    named = [element.get("full-path", "").lstrip("/") for element in container if _name(element) == "rootfile"]
    there = (name for name in archive.names if name.lower().endswith(_PACKAGE))
    name = next((name for name in (*named, *there) if name in archive), None)
    if name is None:
        raise DamagedDocument("The book is damaged: it names no package.")
    return name


def _encrypted(archive: Archive) -> set[str]:
    if _ENCRYPTION not in archive:
        return set()
    references = (element for element in archive.xml(_ENCRYPTION).iter() if _name(element) == "CipherReference")
    return {unquote(element.get("URI", "")) for element in references}


def _chapters(archive: Archive, package: Element, folder: str) -> list[str]:
    """Return the pages in the order of reading; where that names none that is there, all that are listed."""
    items = {element.get("id", ""): element for element in package.iter() if _name(element) == "item"}
    spine = [element.get("idref", "") for element in package.iter() if _name(element) == "itemref"]
    in_order = [*_pages(archive, (items[identifier] for identifier in spine if identifier in items), folder)]
    return in_order or [*_pages(archive, items.values(), folder)]


def _pages(archive: Archive, items: Iterable[Element], folder: str) -> Iterator[str]:
    """Yield the names of pages in the archive; some programs write them there as they write them in addresses."""
    for item in items:
        address = item.get("href", "").partition("#")[0]
        paths = (
            posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/") for path in (unquote(address), address)
        )
        is_page = item.get("media-type") in _PAGES | {_DRAWING} or address.lower().endswith(_PAGE_NAMES)
        if is_page and (name := next(filter(archive.__contains__, paths), None)):
            yield name


def _chapter(archive: Archive, name: str) -> list[Block]:
    body = archive.read(name)
    if name.lower().endswith(".svg"):
        return _drawing(parse_xml(body, name))
    text = decode(body)
    if text.strip() and not _TAG.search(text):  # what some programs make of encrypted bytes is text all the same
        raise EncryptedDocument(_PROTECTED) if any(map(archive.__contains__, _RIGHTS)) else DamagedDocument
    page = html.read(text)
    return [block if block.heading else replace(block, heading=page.title) for block in page.blocks]


def _drawing(root: Element) -> list[Block]:
    """Return the words of a page that is a drawing."""
    lines = (one_line("".join(element.itertext())) for element in root.iter() if _name(element) == "text")
    text = "\n".join(filter(None, lines))
    return [Block(text)] if text else []


def _title(package: Element) -> str | None:
    found = next((element.text for element in package.iter() if _name(element) == "title"), None)
    return one_line(found or "") or None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
