"""Decides what a file is by its content. The name is a hint between kinds that are all plain text."""

from __future__ import annotations

import io
import json
import re
import zipfile

from sluice.errors import DamagedDocument, UnsupportedKind

PDF = "pdf"
HTML = "html"
MARKDOWN = "markdown"
TEXT = "text"

_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office document"),
    (b"{\\rtf", "RTF"),
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
)
_ARCHIVES = (("word/", "DOCX"), ("ppt/", "PPTX"), ("xl/", "XLSX"), ("META-INF/container.xml", "EPUB"))
_NAMED = {"csv": "CSV", "tsv": "CSV", "jsonl": "JSON", "ndjson": "JSON", "md": MARKDOWN, "markdown": MARKDOWN}
# Atomic groups, since a comment that may stretch over the next one would be tried in every combination.
_HTML_START = re.compile(r"(?>\s*<!--.*?-->)*+\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_HTML_PAGE = re.compile(r"<(html|head|title|body)\b[^>]*>", re.IGNORECASE)
_MAIL_HEADER = re.compile(
    r"(from|to|subject|date|mime-version|received|return-path|message-id|content-type):", re.IGNORECASE
)
_MARKDOWN_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)
_BEGINNING = 65_536


def binary_kind(body: bytes) -> str | None:
    """Return `pdf`, or None for what may be text; raise `UnsupportedKind` for anything else that has a signature."""
    if b"%PDF-" in body[:1024]:
        return PDF
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise unsupported(_archive(body))
    for signature, kind in _SIGNATURES:
        if body.startswith(signature):
            raise unsupported(kind)
    if body[4:8] == b"ftyp":
        raise unsupported("a video, audio or HEIF file")
    return None


def text_kind(name: str, text: str) -> str:
    """Return `html`, `markdown` or `text`; raise `UnsupportedKind` for another format that is written as text."""
    beginning = text[:_BEGINNING].lstrip()
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if _is_html(beginning, extension):
        return HTML
    if foreign := _foreign(beginning, text):
        raise unsupported(foreign)
    named = _NAMED.get(extension)
    if named and named != MARKDOWN:
        raise unsupported(named)
    if named or (not extension and _MARKDOWN_HEADING.search(beginning)):
        return MARKDOWN
    return TEXT


def unsupported(kind: str) -> UnsupportedKind:
    return UnsupportedKind(f"This file is {kind}, which is not supported; send PDF, HTML, Markdown or plain text.")


def _is_html(beginning: str, extension: str) -> bool:
    if _HTML_START.match(beginning):
        return True
    return beginning.startswith("<") and (extension in {"html", "htm", "xhtml"} or bool(_HTML_PAGE.search(beginning)))


def _foreign(beginning: str, text: str) -> str | None:
    if beginning.startswith("{\\rtf"):
        return "RTF"
    if beginning.startswith("<?xml"):
        return "XML"
    if _is_mail(beginning):
        return "an e-mail"
    return "JSON" if _is_json(beginning, text) else None


def _is_mail(beginning: str) -> bool:
    """A mail begins with header lines, three or more of them well known."""
    headers = beginning.partition("\n\n")[0].splitlines() if "\n\n" in beginning else beginning.splitlines()
    return sum(bool(_MAIL_HEADER.match(line)) for line in headers[:100]) >= 3 and bool(_MAIL_HEADER.match(headers[0]))


def _is_json(beginning: str, text: str) -> bool:
    if not beginning.startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return False


def _archive(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise DamagedDocument("The file is a damaged or cut off archive or Office document.") from error
    for prefix, kind in _ARCHIVES:
        if any(name.startswith(prefix) for name in names):
            return kind
    return "a ZIP archive"
