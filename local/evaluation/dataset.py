"""Reads a set: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class DatasetError(ValueError):
    """The folder is not a set that can be read."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a set: its text, and its title as the heading that it stands under."""

    content: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Texts by document id, queries by id, and how relevant each judged document is to each query."""

    name: str
    documents: Mapping[str, Text]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]


def read(folder: Path) -> Dataset:
    """Return the set in a folder, with the queries that have a relevant document; raise `DatasetError`.

    `_id` and `id` both name an id. `qrels.tsv` (or `qrels/test.tsv`) holds query, document and grade, after a heading.
    """
    documents = {_id(row): _text(row) for row in _rows(folder / "corpus.jsonl")}
    queries = {_id(row): str(row.get("text", "")) for row in _rows(folder / "queries.jsonl")}
    judgements = _judgements(folder)
    judged = {query: text for query, text in queries.items() if any(judgements.get(query, {}).values())}
    if not documents or not judged:
        raise DatasetError(f"{folder} holds no documents, or no query with a relevant one.")
    return Dataset(folder.name, documents, judged, judgements)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _row(file, number, line)
    except OSError as error:
        raise DatasetError(f"{file} can't be read: {error.strerror}.") from error


def _row(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        return {"id": str(row.get("_id", row.get("id"))), **row}
    except (ValueError, AttributeError) as error:
        raise DatasetError(f"{file}, line {number}: not a JSON object.") from error


def _id(row: Mapping[str, Any]) -> str:
    return str(row["_id"] if "_id" in row else row["id"])


def _text(row: Mapping[str, Any]) -> Text:
    title, text = (str(row.get(name) or "").replace("\0", " ").strip() for name in ("title", "text"))
    return Text(text or title or " ", title or None)


def _judgements(folder: Path) -> dict[str, dict[str, int]]:
    file = folder / "qrels.tsv"
    if not file.exists():
        file = folder / "qrels" / "test.tsv"
    found: dict[str, dict[str, int]] = defaultdict(dict)
    try:
        lines = file.read_text("utf-8").splitlines()[1:]
    except OSError as error:
        raise DatasetError(f"{folder} holds neither qrels.tsv nor qrels/test.tsv.") from error
    for line in filter(str.strip, lines):
        try:
            query, document, grade = line.split("\t")
            found[query][document] = int(float(grade))
        except ValueError as error:
            raise DatasetError(f"{file}: expected query, document and grade, and found {line!r}.") from error
    return found
