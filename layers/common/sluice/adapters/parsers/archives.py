"""Opens ZIP archives, as Office files and EPUBs are, without letting them expand beyond the limits."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

from sluice.adapters.parsers.limits import Limits
from sluice.errors import DamagedDocument, EncryptedDocument

_PIECE = 1 << 20
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


class Archive:
    """The members of an archive, read one by one within limits on all of them together."""

    def __init__(self, body: bytes, limits: Limits) -> None:
        self.limits = limits
        self._packed = len(body)
        self._expanded = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise DamagedDocument("The file is a damaged or cut off archive or Office document.") from error
        members = self._zip.infolist()
        limits.check_archive(
            members=len(members), packed=self._packed, expanded=sum(member.file_size for member in members)
        )
        for member in members:  # some programs part folders as Windows does
            self._zip.NameToInfo.setdefault(member.filename.replace("\\", "/"), member)
        self.names = list(self._zip.NameToInfo)
        # Names of parts in an Office file differ by more than their letters' case (ECMA-376, part 2, section 6.2.2.3).
        self._by_small_letters = {name.lower(): name for name in reversed(self.names)}

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo or name.lower() in self._by_small_letters

    def read(self, name: str) -> bytes:
        """Return a member's bytes; raise `DamagedDocument` when it is missing or broken, whatever its header says."""
        pieces = []
        try:
            with self._zip.open(self._stored(name)) as member:
                while piece := member.read(_PIECE):
                    self._expanded += len(piece)
                    self.limits.check_archive(members=0, packed=self._packed, expanded=self._expanded)
                    pieces.append(piece)
        except KeyError as error:
            raise DamagedDocument(f"The file is damaged: its part {name} is missing.") from error
        except RuntimeError as error:  # what zipfile raises for a member that wants a password
            raise EncryptedDocument from error
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise DamagedDocument(f"The file is damaged: its part {name} can't be read.") from error
        return b"".join(pieces)

    def _stored(self, name: str) -> str:
        return name if name in self._zip.NameToInfo else self._by_small_letters.get(name.lower(), name)

    def xml(self, name: str) -> ElementTree.Element:
        """Return a member's root element; raise `DamagedDocument` when it is not XML, or declares a document type.

        Office files and EPUB packages need no document type, and its entities are how XML bombs are made.
        """
        return parse_xml(self.read(name), name)


def encoded(text: str) -> bytes:
    """Return XML that was read as text, without the declaration of the encoding in which it was before."""
    return _DECLARATION.sub("", text).encode("utf-8", "replace")


def parse_xml(body: bytes, name: str) -> ElementTree.Element:
    """Return the root element; raise `DamagedDocument`."""
    with _well_formed(body, name):
        return ElementTree.fromstring(body)  # noqa: S314 - no entity is declared, and the child's memory is bounded


def elements_of_xml(body: bytes, name: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Yield `start` and `end` of each element as it is read; raise `DamagedDocument`."""
    with _well_formed(body, name):
        yield from ElementTree.iterparse(io.BytesIO(body), ("start", "end"))  # noqa: S314 - as above


@contextmanager
def _well_formed(body: bytes, name: str) -> Iterator[None]:
    if b"<!ENTITY" in body or "<!ENTITY".encode("utf-16-le") in body or "<!ENTITY".encode("utf-16-be") in body:
        raise DamagedDocument(f"The part {name} declares entities, which are not expanded.")
    try:
        yield
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DamagedDocument(f"The file is damaged: its part {name} is not well-formed.") from error
