"""Puts the charts and documents within an OpenDocument file where they are shown (ODF 1.3, part 3, section 10.4.6)."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.packages import attribute, tag
from sluice.errors import DamagedDocument

_CONTENT = "content.xml"


def put_in_place(root: Element, archive: Archive) -> None:
    """Let each object hold what its own part of the archive does, as in a document that is one file of XML."""
    objects = [element for element in root.iter() if tag(element) == "object"]
    parts = {_part(element): element for element in reversed(objects)}  # each once, where it is first
    for part, element in parts.items():
        if part in archive:
            with suppress(DamagedDocument):
                element.append(archive.xml(part))


def _part(element: Element) -> str:
    return posixpath.join(posixpath.normpath(attribute(element, "href") or "."), _CONTENT)
