"""The markers by which an answer cites its sources: `[1]`, or `[1, 2]` for several."""

from __future__ import annotations

import re

MARKER = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")


def numbers(marker: re.Match[str]) -> list[int]:
    """Return the ids of the sources that a marker names."""
    return [int(number) for number in marker[1].split(",")]
