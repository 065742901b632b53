"""Archives of Office and EPUB as small as they can be."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def archive(members: Mapping[str, str | bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return body.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """Return relationships `rId1`, `rId2`, ... of these kinds to these parts."""
    items = (
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONSHIPS}">{"".join(items)}</Relationships>'


def docx(body: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """Return a document with this body, in which `w:` is Word's namespace."""
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2)
    )
    return archive(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
            "word/_rels/document.xml.rels": relations(("styles", "styles.xml")),
            **(more or {}),
        }
    )


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None) -> bytes:
    """Return a presentation; each slide is the content of its shape tree, with `a:` and `p:` as namespaces."""
    names = [f"slides/slide{number}.xml" for number in range(len(slides), 0, -1)]
    identifiers = "".join(f'<p:sldId id="{number}" r:id="rId{number}"/>' for number in range(1, len(slides) + 1))
    space = f'xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}"'
    members = {
        "ppt/presentation.xml": f"<p:presentation {space}><p:sldIdLst>{identifiers}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*(("slide", name) for name in names)),
    }
    for number, (name, content) in enumerate(zip(names, slides, strict=True), 1):
        members[f"ppt/{name}"] = f"<p:sld {space}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:sld>"
        if notes and number in notes:
            members[f"ppt/slides/_rels/{name.rpartition('/')[2]}.rels"] = relations(
                ("notesSlide", f"../notesSlides/notes{number}.xml")
            )
            members[f"ppt/notesSlides/notes{number}.xml"] = f"<p:notes {space}>{shape(notes[number])}</p:notes>"
    return archive(members)


def shape(text: str, placeholder: str = "") -> str:
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else ""
    return f"<p:sp><p:nvSpPr>{kind}</p:nvSpPr><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def xlsx(sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> bytes:
    """Return a workbook of these rows."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(sheets, 1)
    )
    members = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1))
        ),
    }
    for number, rows in enumerate(sheets.values(), 1):
        content = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SHEETS}"><sheetData>{content}</sheetData></worksheet>'
        )
    return archive(members)


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def epub(chapters: Mapping[str, str], *, encrypted: str = "") -> bytes:
    """Return a book of these pages of HTML, whose reading order is not that of their names."""
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in chapters)
    order = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>A book</dc:title></metadata><manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    members = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package}
    if encrypted:
        reference = f'<encryption><CipherReference URI="OEBPS/{encrypted}"/></encryption>'
        members["META-INF/encryption.xml"] = reference
    return archive(members | {f"OEBPS/{name}": page for name, page in chapters.items()})


def compound(*streams: str, embedded: str = "") -> bytes:
    """Return a compound file ([MS-CFB]) with these empty streams, and one within a storage that holds another file."""
    none = 0xFFFFFFFF
    entries = [("Root Entry", 5, none, 1)]
    for number, name in enumerate(streams, 1):
        following = number + 1 if number < len(streams) or embedded else none
        entries.append((name, 2, following, none))
    if embedded:
        entries += [("ObjectPool", 1, none, len(entries) + 1), (embedded, 2, none, none)]
    directory = b"".join(_entry(*entry) for entry in entries).ljust(1024, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[none] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 2, 0xFFFFFFFE, *[none] * 125)
    return header + table + directory


def _entry(name: str, kind: int, following: int, child: int) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBBIII", encoded, len(encoded), kind, 1, 0xFFFFFFFF, following, child).ljust(128, b"\0")


def open_document(kind: str, content: str, styles: str = "") -> dict[str, str]:
    """Return the members of an OpenDocument archive of this kind, such as `text`, with ODF's own prefixes."""
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in {
            "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style",
            "presentation": "presentation",
        }.items()
    )  # fmt: skip
    form = "drawing" if kind == "graphics" else kind.removesuffix("-template")
    body = f"<office:body><office:{form}>{content}</office:{form}></office:body>"
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f"<office:document-content {spaces}>{automatic}{body}</office:document-content>",
        "META-INF/manifest.xml": "<manifest/>",
    }
