"""PDFs as small as they can be, for tests."""

from __future__ import annotations

from collections.abc import Sequence

_HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_IMAGE = b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"


# To be drawn behind a page's text: an image that fills the sheet.
SCAN = _IMAGE.replace(b"100 0 0 100", b"595 0 0 842") + b" "


def pdf(*pages: str | None, font: bytes = _HELVETICA, entries: bytes = b"", behind: bytes = b"") -> bytes:
    """Return a PDF with some lines of Latin text a page; an empty text is a blank page, None a scanned one.

    `entries` are more of each page's dictionary, and `behind` is drawn before each page's text.
    """
    first = 4
    references = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{references}] /Count {len(pages)} >>".encode(),
        font,
    ]
    for index, text in enumerate(pages):
        content = _IMAGE if text is None else behind + _lines(text)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R %b >>" % (first + 2 * index + 1, entries)
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    return _file(objects)


def _lines(text: str) -> bytes:
    shown = b" 0 -14 Td ".join(b"(%b) Tj" % _escaped(line) for line in text.split("\n"))
    return b"BT /F1 12 Tf 50 780 Td %b ET" % shown if text else b""


def _escaped(line: str) -> bytes:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")


def _file(objects: Sequence[bytes]) -> bytes:
    """Number the objects from 1 and add the table of where they stand (ISO 32000-1, section 7.5)."""
    body = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(body))
    )
