"""Decides what a file is by its content. The name is a hint between kinds that are all plain text."""

from __future__ import annotations

import re

from sluice.adapters.parsers.archives import Archive
from sluice.adapters.parsers.compound import OLE, root_names
from sluice.adapters.parsers.json_text import is_json
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.mail_signs import is_mail
from sluice.adapters.parsers.names import extension_of
from sluice.adapters.parsers.packages import content_type, main_part
from sluice.adapters.parsers.xml_kinds import XML, xml_kind
from sluice.errors import EncryptedDocument, UnsupportedKind

PDF = "pdf"
DOCX = "docx"
PPTX = "pptx"
WORKBOOK = "xlsx"
EPUB = "epub"
OPEN_DOCUMENT = "opendocument"
FLAT_OPEN_DOCUMENT = "opendocument in one file"
RTF = "rtf"
MAIL = "eml"
HTML = "html"
MARKDOWN = "markdown"
CSV = "csv"
JSON = "json"
TEXT = "text"

_SIGNATURES = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "an audio, video or WebP file"),
    (b"ID3", "an audio file"),
    (b"OggS", "an audio or video file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%!PS", "PostScript"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"fLaC", "an audio file"),
    (b"\xff\xfb", "an audio file"),
    (b"\xff\xf3", "an audio file"),
    (b"\xff\xf1", "an audio file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"8BPS", "a Photoshop image"),
    (b"ITSF", "a CHM help file"),
    (b"\x09\x00\x04\x00", "a workbook of Excel 2"),
    (b"\x09\x02\x06\x00", "a workbook of Excel 3"),
    (b"\x09\x04\x06\x00", "a workbook of Excel 4"),
)
# What an archive is, by a member that it must have.
_MEMBERS = (
    ("word/document.xml", DOCX),
    ("word/document2.xml", DOCX),
    ("ppt/presentation.xml", PPTX),
    ("xl/workbook.xml", WORKBOOK),
    ("xl/workbook.bin", WORKBOOK),
    ("META-INF/container.xml", EPUB),
)
_OPEN_DOCUMENT_MEMBERS = frozenset({"content.xml", "META-INF/manifest.xml"})
# The same by what the package says of its main part, whatever that is called.
_CONTENT_TYPES = (
    ("wordprocessingml", DOCX),
    ("ms-word", DOCX),
    ("presentationml", PPTX),
    ("ms-powerpoint", PPTX),
    ("spreadsheetml", WORKBOOK),
    ("ms-excel", WORKBOOK),
)
_FOLDERS = (("word/", DOCX), ("ppt/", PPTX), ("xl/", WORKBOOK))
# Templates and master documents too, whose types begin alike.
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.(?:text|presentation|graphics|spreadsheet)")
_FLAT_OPEN_DOCUMENT = re.compile(r"<office:document\s[^>]*urn:oasis:names:tc:opendocument:")
_JSON_NAMES = frozenset({"json", "jsonl", "ndjson"})
_NAMED = {"csv": CSV, "tsv": CSV, "tab": CSV, "jsonl": JSON, "ndjson": JSON, "md": MARKDOWN, "markdown": MARKDOWN}
# Atomic groups, since a comment that may stretch over the next one would be tried in every combination.
_HTML_START = re.compile(r"(?>\s*<!--.*?-->)*+\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_HTML_PAGE = re.compile(r"<(html|head|title|body)\b[^>]*>", re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)
_BEGINNING = 65_536
_FIRST_TAGS = 8_192
# How a PDF goes on that has lost its first line.
_PDF_OBJECT = re.compile(rb"\s*(?:%[^\r\n]*\s+)?\d+ \d+ obj\s*<<")
# What is left of a PDF that has lost more.
_PDF_REMAINS = re.compile(rb"\b\d+ \d+ obj\b|\bstartxref\b|\btrailer\s*<<")
# What an old compound file is, by one of its streams.
_STREAMS = (
    ("WordDocument", "a document of Word 97 to 2003 (.doc)"),
    ("PowerPoint Document", "a presentation of PowerPoint 97 to 2003 (.ppt)"),
    ("__properties_version1.0", "an Outlook message (.msg)"),
)
# The record BOF of the first sheets, with FILEPASS behind it or behind WRITEPROT ([MS-XLS], section 2.1.7.20.3).
_ENCRYPTED_SHEETS = re.compile(
    rb"\x09\x08(?:\x10\x00\x00\x06.{14}|\x08\x00\x00\x05.{6})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)


def binary_kind(name: str, body: bytes, limits: Limits) -> str | None:
    """Return a kind that is read from bytes, or None for what may be text.

    Raises `UnsupportedKind` for anything else that has a signature, and `DocumentError` for a broken archive.
    """
    if _is_pdf(name, body):
        return PDF
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(Archive(body, limits))
    if body.startswith(OLE):
        return _compound(body)
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return RTF
    for signature, kind in _SIGNATURES:
        if body.startswith(signature):
            raise unsupported(kind)
    if body[4:8] == b"ftyp":
        raise unsupported("a video, audio or HEIF file")
    if body[257:262] == b"ustar":
        raise unsupported("a tar archive")
    if body.startswith(b"BM") and body[6:10] == bytes(4):
        raise unsupported("a BMP image")
    return MAIL if is_mail(name, body[:_BEGINNING].decode("latin-1")) else None


def text_kind(name: str, text: str) -> str:
    """Return a kind that is read from text; raise `DocumentError` for another format that is written as text."""
    beginning = text[:_BEGINNING].lstrip()
    if beginning.startswith("-----BEGIN PGP MESSAGE-----"):
        raise EncryptedDocument("The file is encrypted with PGP; upload what it holds.")
    extension = extension_of(name)
    written_as_xml = xml_kind(beginning, extension)
    if written_as_xml and written_as_xml != XML:  # before HTML, whose title a workbook has too
        return written_as_xml
    if _is_html(beginning, extension):
        return HTML
    if _FLAT_OPEN_DOCUMENT.search(beginning[:_FIRST_TAGS]):
        return FLAT_OPEN_DOCUMENT
    if written_as_xml:
        raise unsupported(written_as_xml)
    if is_json(text, beginning, is_named=extension in _JSON_NAMES):
        return JSON
    if extension in _NAMED:
        return _NAMED[extension]
    return MARKDOWN if not extension and _MARKDOWN_HEADING.search(beginning) else TEXT


def unsupported(kind: str) -> UnsupportedKind:
    return UnsupportedKind(
        f"This file is {kind}, which is not supported; send PDF, DOCX, PPTX, XLSX, XLS, ODT, ODP, ODS, HTML, "
        "Markdown, text, CSV, JSON, EML, EPUB or RTF."
    )


def _is_pdf(name: str, body: bytes) -> bool:
    """By its first line or what stands in its place; as a last resort by its name and anything that is a PDF's."""
    if body.startswith(b"%PDF-") or (b"%PDF-" in body[:1024] and b" obj" in body) or _PDF_OBJECT.match(body[:1024]):
        return True
    return extension_of(name) == "pdf" and bool(_PDF_REMAINS.search(body[:_BEGINNING]))


def _is_html(beginning: str, extension: str) -> bool:
    if _HTML_START.match(beginning):
        return True
    if extension in {"html", "htm", "xhtml"} and not beginning.startswith(("{", "[")):
        return beginning.startswith("<") or bool(_TAG.search(beginning))
    return beginning.startswith("<") and bool(_HTML_PAGE.search(beginning))


def _archive(archive: Archive) -> str:
    part = main_part(archive)
    declared = content_type(archive, part) if part else ""
    for word, kind in _CONTENT_TYPES:
        if word in declared:
            return kind
    for member, kind in _MEMBERS:
        if member in archive:
            return kind
    if "mimetype" in archive:
        return _declared_kind(archive.read("mimetype"))
    if _OPEN_DOCUMENT_MEMBERS.issubset(archive.names):
        return OPEN_DOCUMENT
    for folder, kind in _FOLDERS:
        if any(name.startswith(folder) for name in archive.names):
            return kind
    raise unsupported("a ZIP archive")


def _declared_kind(declared: bytes) -> str:
    if _OPEN_DOCUMENT.match(declared):
        return OPEN_DOCUMENT
    if declared.startswith(b"application/epub+zip"):
        return EPUB
    raise unsupported("an OpenDocument file other than a text, slides, a drawing or sheets")


def _compound(body: bytes) -> str:
    """Old Office files, and encrypted new ones, are compound files; other documents may be embedded in one."""
    root = {name.lower() for name in root_names(body)}

    def has(name: str) -> bool:
        """Where the directory is broken, a name anywhere has to do."""
        return name.lower() in root if root else name.encode("utf-16-le") in body

    if has("EncryptedPackage"):
        raise EncryptedDocument
    if has("Workbook") or has("Book"):
        if _ENCRYPTED_SHEETS.search(body):
            raise EncryptedDocument
        return WORKBOOK
    raise unsupported(next((what for name, what in _STREAMS if has(name)), "a compound file of Microsoft's"))
