"""The migrations that come with this code: numbered files, never edited once they were applied anywhere.

A file is one transaction, unless its first line is `-- no-transaction`: then it may only create and drop indexes
`concurrently`, statement by statement, each of which can be repeated. A file that functions of an older version can't
live with has `_contract_` in its name: those functions then say that they are too old.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from sluice import sql
from sluice.errors import SchemaNewer, SchemaOutdated

FOLDER = sql.FOLDER / "migrations"
_NO_TRANSACTION = "-- no-transaction"
_CONTRACT = "_contract_"
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name orders it, its checksum is of the text before values are filled in."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_transaction(self) -> bool:
        return not self.text.startswith(_NO_TRANSACTION)

    def filled(self, values: Mapping[str, object]) -> LiteralString:
        """Return the statements with `${name}` replaced; only this code and its own files go in."""
        text = self.text
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text

    def statements(self, values: Mapping[str, object]) -> list[LiteralString]:
        """Return the statements one by one; for files without a transaction, which quote no semicolon."""
        bare = _COMMENT.sub("", self.filled(values))
        return [part.strip() for part in bare.split(";") if part.strip()]


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations in the order of their names."""
    return [Migration(file.name, file.read_text("utf-8")) for file in _files(folder)]


def check(applied: Collection[str], folder: Path = FOLDER) -> None:
    """Raise `SchemaOutdated` for a database that lacks migrations, `SchemaNewer` for one that no longer serves us."""
    expected = [file.name for file in _files(folder)]
    missing = [name for name in expected if name not in applied]
    if missing:
        raise SchemaOutdated(f"{SchemaOutdated().message} It lacks {', '.join(missing)}.")
    if any(_CONTRACT in name for name in applied if name not in expected):
        raise SchemaNewer


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))
