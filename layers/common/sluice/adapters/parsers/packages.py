"""Finds the parts of an Office file by their relationships, whatever they are called (ECMA-376, part 2)."""

from __future__ import annotations

import posixpath
from typing import NamedTuple
from xml.etree.ElementTree import Element

from sluice.adapters.parsers.archives import Archive

_TYPES = "[Content_Types].xml"


class Relation(NamedTuple):
    """What kind of thing another part is to this one, `slide` or `footnotes`, and the part's name."""

    kind: str
    part: str


def relations(archive: Archive, part: str) -> dict[str, Relation]:
    """Return the relations of a part to others in the archive, by id; those of the archive itself for an empty name."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed not in archive:
        return {}
    found = {
        element.get("Id", ""): Relation(
            element.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
        )
        for element in archive.xml(listed)
        if element.get("TargetMode") != "External"
    }
    return {identifier: relation for identifier, relation in found.items() if relation.part in archive}


def main_part(archive: Archive) -> str | None:
    """Return the part that is the document itself; None for what is no Office file."""
    return next((part for kind, part in relations(archive, "").values() if kind == "officeDocument"), None)


def content_type(archive: Archive, part: str) -> str:
    """Return what the package says that a part is, its own entry before that of its extension."""
    if _TYPES not in archive:
        return ""
    entries = [(element.get("PartName"), element) for element in archive.xml(_TYPES)]
    own = next((element for name, element in entries if name == f"/{part}"), None)
    extension = part.rpartition(".")[2].lower()
    shared = next((element for _, element in entries if element.get("Extension", "").lower() == extension), None)
    entry = own if own is not None else shared
    return entry.get("ContentType", "") if entry is not None else ""


def tag(element: Element) -> str:
    """Return the name without its namespace, which differs between the transitional and the strict format."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute by its name without a namespace."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)
