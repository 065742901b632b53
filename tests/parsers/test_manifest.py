"""Real and hostile files: each comes out as its manifest expects."""

from __future__ import annotations

import csv
import os
import time
import unicodedata
from pathlib import Path

import pytest

from sluice.adapters.parsers.isolation import IsolatedParser
from sluice.domain import ParsedDocument
from sluice.errors import DocumentError, EmptyDocument, EncryptedDocument, NoTextLayer, UnsupportedKind
from tests.parsing import read_whole

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "documents"
UNSUPPORTED = {"zip"}
TIMEOUT_SECONDS = 30.0

Row = dict[str, str]


def rows() -> list[Row]:
    """Return the manifest; none where its folder is absent."""
    manifest = DOCUMENTS / "manifest.csv"
    return list(csv.DictReader(manifest.read_text("utf-8").splitlines())) if manifest.is_file() else []


def test_the_manifest_is_there() -> None:
    """In continuous integration its absence is a failure; elsewhere its tests are left out."""
    if rows():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"there is no manifest of documents at {DOCUMENTS}")
    pytest.skip("the manifest of documents does not lie beside the repository")


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
async def test_a_file_comes_out_as_expected(row: Row) -> None:
    """The phrase on its page, or the refusal that is expected, inside the limits."""
    started = time.monotonic()

    outcome = await read(row["file"])

    assert time.monotonic() - started < TIMEOUT_SECONDS + 5
    problem = unexpected(row, outcome)
    assert problem is None, f"{row['file']} ({row['note']}): {problem}; it came out as {outcome!r:.500}"


async def read(name: str) -> ParsedDocument | DocumentError:
    parser = IsolatedParser(timeout_seconds=TIMEOUT_SECONDS)
    try:
        return await read_whole(parser, name, (DOCUMENTS / "files" / name).read_bytes())
    except DocumentError as error:
        return error


def unexpected(row: Row, outcome: ParsedDocument | DocumentError) -> str | None:
    """Return what is wrong with the outcome, None for nothing."""
    refused = isinstance(outcome, DocumentError)
    if row["format"] in UNSUPPORTED:
        return None if isinstance(outcome, UnsupportedKind) else "a kind that is not supported was read"
    match row["expected_class"]:
        case "refuse":
            return None if refused and not isinstance(outcome, UnsupportedKind) else "it should be refused for a reason"
        case "no_text":
            reasons = EmptyDocument | NoTextLayer | EncryptedDocument
            return None if isinstance(outcome, reasons) else "it should be said to hold no text"
        case "text_or_refuse" | "bounded" if refused:
            return None
        case "text" if isinstance(outcome, DocumentError):
            return "it should be read"
        case _:
            assert isinstance(outcome, ParsedDocument)
            return phrase_missing(row, outcome)


def phrase_missing(row: Row, parsed: ParsedDocument) -> str | None:
    page = int(row["phrase_page"]) if row["phrase_page"] else None
    text = " ".join(block.text for block in parsed.blocks if page in (None, block.page))
    found = folded(row["expected_phrase"]) in folded(text)
    return None if found else f"the phrase {row['expected_phrase']!r} is missing on page {page}"


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
