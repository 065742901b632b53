"""The SQL of Sluice: named queries in `*.sql`, numbered migrations in `migrations/`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

FOLDER = Path(__file__).parent
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def query(file: str, name: str) -> LiteralString:
    """Return the statement that stands under `-- name: <name>` in `<file>.sql`; raise KeyError."""
    return _queries(file)[name]


def load() -> None:
    """Read every file ahead."""
    for file in FOLDER.glob("*.sql"):
        _queries(file.stem)


@cache
def _queries(file: str) -> dict[str, LiteralString]:
    _, *parts = _NAME.split((FOLDER / f"{file}.sql").read_text("utf-8"))
    # A file of ours is as trustworthy as a literal in the code.
    return {name: cast("LiteralString", text.strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)}
