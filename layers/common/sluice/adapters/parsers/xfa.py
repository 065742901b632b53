"""Reads forms in XML (XFA) from a PDF, whose pages only ask for another program (XFA 3.3, chapters 2 and 3)."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers import html
from sluice.adapters.parsers.archives import parse_xml
from sluice.adapters.parsers.packages import tag
from sluice.errors import DamagedDocument

_NOT_SHOWN = frozenset({"hidden", "invisible", "inactive"})


def form_text(pdf: pdfium.PdfDocument) -> str:
    """Return a line for each text and field that the form shows; empty where the PDF is no such form."""
    if pdf.get_formtype() != pdfium_c.FORMTYPE_XFA_FULL:
        return ""
    packets = dict(_packets(pdf))
    values = dict(_values(packets["datasets"])) if "datasets" in packets else {}
    return "\n".join(_lines(packets["template"], values)) if "template" in packets else ""


def _packets(pdf: pdfium.PdfDocument) -> Iterator[tuple[str, Element]]:
    for index in range(max(0, pdfium_c.FPDF_GetXFAPacketCount(pdf))):
        name = ctypes.create_string_buffer(pdfium_c.FPDF_GetXFAPacketName(pdf, index, None, 0))
        pdfium_c.FPDF_GetXFAPacketName(pdf, index, name, len(name))
        kind = name.value.decode("latin-1")
        if kind in ("template", "datasets"):
            try:
                yield kind, parse_xml(_content(pdf, index), kind)
            except DamagedDocument:  # the pages are there all the same
                continue


def _content(pdf: pdfium.PdfDocument, index: int) -> bytes:
    size = ctypes.c_ulong()
    pdfium_c.FPDF_GetXFAPacketContent(pdf, index, None, 0, size)
    content = ctypes.create_string_buffer(size.value)
    pdfium_c.FPDF_GetXFAPacketContent(pdf, index, content, size.value, size)
    return content.raw


def _values(datasets: Element) -> Iterator[tuple[str, str]]:
    """Yield what was filled in, by the names of its fields."""
    for element in datasets.iter():
        if not len(element) and element.text and element.text.strip():
            yield tag(element), element.text.strip()


def _lines(element: Element, values: dict[str, str]) -> Iterator[str]:
    for inner in element:
        if inner.get("presence") in _NOT_SHOWN:
            continue
        match tag(inner):
            case "draw":
                yield _said(inner, "value")
            case "field":
                filled = values.get(inner.get("name", ""), "") or _said(inner, "value")
                yield ": ".join(filter(None, (_said(inner, "caption").rstrip(": "), filled)))
            case _:
                yield from _lines(inner, values)


def _said(element: Element, part: str) -> str:
    texts = (text for inner in element if tag(inner) == part for text in _texts(inner))
    return " ".join(filter(None, texts))


def _texts(element: Element) -> Iterator[str]:
    for inner in element.iter():
        if tag(inner) in ("text", "exData"):
            page = html.read("".join(f"{text} " for text in inner.itertext()))
            yield " ".join(block.text for block in page.blocks)
