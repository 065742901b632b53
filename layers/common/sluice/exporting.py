"""Feedback as an evaluation set: what readers found good is a question with its relevant passages.

The folder has the form that `sluice eval` reads (that of BEIR): `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`. Beside
them `feedback.jsonl` holds everything, the answers that were found wanting too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sluice.feedback import Feedback, RatedPassage

# What an answer that was liked has cited is relevant; what it was only shown is in the corpus and not judged.
RELEVANT = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    feedback: int
    queries: int
    passages: int


def export(ratings: Sequence[Feedback], folder: Path) -> Exported:
    """Write the set into the folder, which is made, over what it holds."""
    passages = {_id(passage): passage for each in ratings for passage in each.passages}
    good = [each for each in ratings if each.rating > 0 and any(passage.cited for passage in each.passages)]
    folder.mkdir(parents=True, exist_ok=True)
    corpus = ({"_id": name, "title": each.title, "text": each.content} for name, each in passages.items())
    _write(folder / "corpus.jsonl", corpus)
    _write(folder / "queries.jsonl", ({"_id": str(each.message_id), "text": each.question} for each in good))
    _write(folder / "feedback.jsonl", (asdict(each) for each in ratings))
    judged = [f"{each.message_id}\t{_id(p)}\t{RELEVANT}\n" for each in good for p in each.passages if p.cited]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged), encoding="utf-8")
    return Exported(len(ratings), len(good), len(passages))


def _id(passage: RatedPassage) -> str:
    return f"{passage.document_id}@{passage.start}"


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
    file.write_text("".join(lines), encoding="utf-8")
