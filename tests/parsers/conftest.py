"""The parser under test, in this process: what isolation adds has tests of its own."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.reading import DocumentParser


@pytest.fixture
def parser() -> DocumentParser:
    return DocumentParser(max_bytes=10_000_000, max_pages=100, max_characters=1_000_000)
