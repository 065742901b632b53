"""Reads what other programs have embedded in an Office file: documents, bare or as an object of OLE ([MS-OLEDS])."""

from __future__ import annotations

import struct

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.compound import OLE, stream
from sluice.adapters.parsers.enclosed import enclosed
from sluice.domain import Block
from sluice.errors import DocumentError

# What a part is to the one that shows it.
EMBEDDED = frozenset({"package", "oleObject"})
# Streams of an object that are a document of its own where they begin like one: of Office, Acrobat and OpenOffice.
_DOCUMENTS = ("Package", "CONTENTS", "EmbeddedOdf")
_BEGINNINGS = (b"PK\x03\x04", b"%PDF-", OLE)
_FILE = "\x01Ole10Native"


def embedded_blocks(archive: Archive, part: str) -> list[Block]:
    """Return the blocks of a document within another one, none where it can't be read."""
    try:
        body = archive.read(part)
        name, inner = _unpacked(part, body) if body.startswith(OLE) else (part, body)
        return [*enclosed(name, inner, archive.limits)]
    except DocumentError:
        return []


def _unpacked(part: str, body: bytes) -> tuple[str, bytes]:
    """Return the name and the bytes of what an object holds; its own where it is an old document itself."""
    for name in _DOCUMENTS:
        if (inner := stream(body, name)).startswith(_BEGINNINGS):
            return part, inner
    if packed := stream(body, _FILE):
        try:
            return _file(packed)
        except struct.error:
            return part, b""
    return part, body


def _file(packed: bytes) -> tuple[str, bytes]:
    """Return a file that Windows has packed, behind its label, its old path and that of a copy (section 2.3.6)."""
    label, _, rest = packed[6:].partition(b"\0")
    rest = rest.partition(b"\0")[2]
    (copied,) = struct.unpack_from("<I", rest, 4)
    (size,) = struct.unpack_from("<I", rest, 8 + copied)
    start = 12 + copied
    return label.decode("latin-1"), rest[start : start + size]
