"""Reads a set: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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

    `_id` and `id` both name an id. `qrels.tsv` (or `qrels/test.tsv`) holds query, document and grade, mostly after a
    heading.
    """
    documents = {_id(row): _text(row) for row in _rows(folder / "corpus.jsonl")}
    queries = {_id(row): _clean(row.get("text")) for row in _rows(folder / "queries.jsonl")}
    judgements = _judgements(folder)
    judged = {query: text for query, text in queries.items() if _is_answered(judgements.get(query, {}))}
    if not documents or not judged:
        raise DatasetError(f"{folder} holds no documents, or no query with a relevant one.")
    return Dataset(folder.name, documents, judged, judgements)


def _is_answered(grades: Mapping[str, int]) -> bool:
    return any(grade > 0 for grade in grades.values())


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            yield _row(file, number, line)


def _lines(file: Path) -> Iterator[str]:
    """Yield the lines of a file of UTF-8; what Unicode takes for the end of a line may stand in one."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from lines
    except OSError as error:
        raise DatasetError(f"{file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file} is not UTF-8.") from error


def _row(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        names = [name for name in ("_id", "id") if row.get(name) is not None]
    except (ValueError, AttributeError, RecursionError) as error:
        raise DatasetError(f"{file}, line {number}: not a JSON object.") from error
    if not names:
        raise DatasetError(f"{file}, line {number}: there is no _id.")
    return {**row, "_id": row[names[0]]}


def _id(row: Mapping[str, Any]) -> str:
    return str(row["_id"])


def _text(row: Mapping[str, Any]) -> Text:
    title, text = _clean(row.get("title")), _clean(row.get("text"))
    return Text(text or title or " ", title or None)


def _clean(text: object) -> str:
    """Return what the database can hold: no NUL, and no half of a surrogate pair."""
    return str(text or "").replace("\0", " ").encode(errors="replace").decode().strip()


def _judgements(folder: Path) -> dict[str, dict[str, int]]:
    files = [file for file in (folder / "qrels.tsv", folder / "qrels" / "test.tsv") if file.exists()]
    if not files:
        raise DatasetError(f"{folder} holds neither qrels.tsv nor qrels/test.tsv.")
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(_lines(files[0])):
        columns = line.rstrip("\n").split("\t")
        if not line.strip() or (number == 0 and _is_heading(columns)):
            continue
        try:
            query, document, grade = columns
            found[query][document] = int(float(grade))
        except (ValueError, OverflowError) as error:
            raise DatasetError(f"{files[0]}: expected query, document and grade, and found {line!r}.") from error
    return found


def _is_heading(columns: Sequence[str]) -> bool:
    """Whether the first line names its columns: not every set has such a line, and a judgement ends with a number."""
    try:
        float(columns[-1])
    except ValueError:
        return True
    return False
