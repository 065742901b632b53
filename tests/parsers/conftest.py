"""The parser under test, in this process: what isolation adds has tests of its own."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser


@pytest.fixture
def parser() -> DocumentParser:
    return DocumentParser(Limits(bytes=10_000_000, pages=100, characters=1_000_000))
