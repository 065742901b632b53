"""EPUB: books that say where their chapters are in other ways than the standard's."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import Block
from sluice.errors import DamagedDocument
from tests.parsers.making import archive

CONTAINER = "META-INF/container.xml"
NAMED = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
PAGE = "<html><body><p>Call me Ishmael.</p></body></html>"


def package(href: str, spine: str = '<itemref idref="a"/>') -> str:
    item = f'<item id="a" href="{href}" media-type="application/xhtml+xml"/>'
    return f"<package><metadata/><manifest>{item}</manifest><spine>{spine}</spine></package>"


def book(members: dict[str, str]) -> bytes:
    return archive({"mimetype": "application/epub+zip"} | members)


@pytest.mark.parametrize(
    "members",
    [
        {"O/b.opf": package("a.xhtml"), "O/a.xhtml": PAGE},
        {CONTAINER: "<container/>", "O/b.opf": package("a.xhtml"), "O/a.xhtml": PAGE},
        {CONTAINER: NAMED.format("elsewhere.opf"), "O/b.opf": package("a.xhtml"), "O/a.xhtml": PAGE},
        {CONTAINER: NAMED.format("/O/b.opf"), "O/b.opf": package("/O/a.xhtml"), "O/a.xhtml": PAGE},
        {CONTAINER: NAMED.format("b.opf"), "b.opf": package("a.xhtml", spine=""), "a.xhtml": PAGE},
        {CONTAINER: NAMED.format("b.opf"), "b.opf": package("a.xhtml", '<itemref idref="x"/>'), "a.xhtml": PAGE},
        {CONTAINER: NAMED.format("b.opf"), "b.opf": package("one%20%C3%A9.xhtml"), "one é.xhtml": PAGE},
        {CONTAINER: NAMED.format("b.opf"), "b.opf": package("one%20.xhtml"), "one%20.xhtml": PAGE},
    ],
    ids=[
        "no container", "a container that names none", "a package that is elsewhere", "paths from the root",
        "no order", "an order of what is not there", "an escaped name", "a name that is stored as it is escaped",
    ],
)  # fmt: skip
def test_chapters_are_found(parser: DocumentParser, members: dict[str, str]) -> None:
    """As reading systems find them."""
    assert parser.parse("a.epub", book(members)).blocks == (Block("Call me Ishmael."),)


def test_a_book_without_a_package_is_damaged(parser: DocumentParser) -> None:
    """Nothing says which of its files are chapters."""
    with pytest.raises(DamagedDocument, match="names no package"):
        parser.parse("a.epub", book({CONTAINER: NAMED.format("b.opf"), "a.xhtml": PAGE}))
