"""Reads what was filled in, typed, stamped and signed on a PDF's pages, which is no part of their own text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from sluice.adapters.parsers.pdf_page import Page, bytes_string

_HIDDEN = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
_FILLED_IN = frozenset({pdfium_c.FPDF_FORMFIELD_TEXTFIELD, pdfium_c.FPDF_FORMFIELD_COMBOBOX})
_SHOWN = frozenset({pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT, pdfium_c.FPDF_ANNOT_STAMP})


class Annotated(NamedTuple):
    """The values of fields and what was typed, and whether there is more that can only be looked at."""

    values: list[str]
    has_more: bool


def annotated(pdf: pdfium.PdfDocument, page: Page) -> Annotated:
    """Return what the page's annotations say; signatures, stamps and buttons have no value."""
    said = [*_said(pdf, page)]
    # PDFium would also draw what is not to be seen.
    return Annotated([value for value in said if value], "" in said and None not in said)


def draw(page: Page) -> bool:
    """Make what annotations look like a part of the page, which has to be opened anew then."""
    return bool(pdfium_c.FPDFPage_Flatten(page.page, pdfium_c.FLAT_NORMALDISPLAY) == pdfium_c.FLATTEN_SUCCESS)


def drawn_text(before: str, after: str) -> str:
    """Return what has come behind the page's own text; nothing where drawing has done harm to that."""
    left = len("".join(before.split()))
    if not "".join(after.split()).startswith("".join(before.split())):
        return ""
    for index, character in enumerate(after):
        if not left:
            return after[index:]
        left -= not character.isspace()
    return ""


def not_shown(values: Sequence[str], text: str) -> Iterator[str]:
    """Yield the values that are not in this text: not every program writes down what a field looks like."""
    shown = "".join(text.split())
    for value in values:
        if "".join(value.split()) not in shown:
            yield value


def _said(pdf: pdfium.PdfDocument, page: Page) -> Iterator[str | None]:
    """Yield each value, an empty one for what has none, and None for what is hidden."""
    for index in range(pdfium_c.FPDFPage_GetAnnotCount(page.page)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.page, index)
        if not annotation:
            continue
        kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
        if kind in _SHOWN:
            yield None if pdfium_c.FPDFAnnot_GetFlags(annotation) & _HIDDEN else _value(pdf, annotation, kind)
        pdfium_c.FPDFPage_CloseAnnot(annotation)


def _value(pdf: pdfium.PdfDocument, annotation: object, kind: int) -> str:
    if kind == pdfium_c.FPDF_ANNOT_FREETEXT:
        return bytes_string(partial(pdfium_c.FPDFAnnot_GetStringValue, annotation, b"Contents"))
    if not pdf.formenv or pdfium_c.FPDFAnnot_GetFormFieldType(pdf.formenv, annotation) not in _FILLED_IN:
        return ""
    return bytes_string(partial(pdfium_c.FPDFAnnot_GetFormFieldValue, pdf.formenv, annotation))
