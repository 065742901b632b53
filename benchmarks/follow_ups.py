"""Do follow-up questions find their passages? As they were asked, completed by our rules, by a model, and by people.

    python -m benchmarks.follow_ups FOLDER

FOLDER is a set in the layout of BEIR, with a `turns.jsonl` that holds for each question its `history` (`role` and
`text`), and as it was asked (`raw`), as a model completed it (`automatic_rewrite`), as people did (`manual_rewrite`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import report
from local.evaluation.dataset import Dataset, read
from local.evaluation.measure import Evaluation
from local.postgres import Postgres
from sluice.adapters.models import embedder as make_embedder
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import Message, Role, uuid7
from sluice.rewriting import carry_over
from sluice.settings import weights_for

MODEL = "offline/static"

Turn = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One form of the questions under one way of searching."""

    form: str
    way: str
    queries: int
    recall_at_10: float
    ndcg_at_10: float


def forms(turns: Sequence[Turn]) -> dict[str, dict[str, str]]:
    """Return the questions by id, in each of their forms."""
    return {
        "raw": {turn["id"]: turn["raw"] for turn in turns},
        "rules": {turn["id"]: carry_over(turn["raw"], _path(turn)) for turn in turns},
        "auto": {turn["id"]: turn["automatic_rewrite"] for turn in turns},
        "manual": {turn["id"]: turn["manual_rewrite"] for turn in turns},
    }


def _path(turn: Turn) -> list[Message]:
    return [
        Message(uuid7(), Role.USER if said["role"] == "user" else Role.ASSISTANT, said["text"])
        for said in turn["history"]
    ]


async def measure(url: str, dataset: Dataset, turns: Sequence[Turn]) -> list[Row]:
    """Store the set once and ask all its questions in each form."""
    database = Database(url, size=1, timeout=30)
    rows: list[Row] = []
    for form, questions in forms(turns).items():
        asked = {query: questions[query] for query in dataset.queries if query in questions}
        evaluation = _evaluation(database, replace(dataset, queries=asked))
        if not rows:
            await evaluation.store()
        rows += [
            Row(form, row.way, row.queries, row.recall_at_10, row.ndcg_at_10)
            for row in await evaluation.measure(weights_for(MODEL))
        ]
    await database.close()
    return rows


def _evaluation(database: Database, dataset: Dataset) -> Evaluation:
    return Evaluation(
        database=database,
        embedder=make_embedder(MODEL),
        dataset=dataset,
        chunk_characters=None,
        progress=lambda *_: None,
    )


def run(folder: Path) -> list[Row]:
    turns = [json.loads(line) for line in (folder / "turns.jsonl").read_text("utf-8").splitlines()]
    dimension = asyncio.run(make_embedder(MODEL).dimension())
    with tempfile.TemporaryDirectory() as data, Postgres(Path(data), durable=False) as server:
        migrate(server.url(), model=MODEL, dimension=dimension)
        return asyncio.run(measure(server.url(), read(folder), turns))


def _lines(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    for way in ("lexical", "hybrid"):
        for row in rows:
            if row.way == way:
                yield row.way, row.form, f"{row.recall_at_10:.3f}", f"{row.ndcg_at_10:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    rows = run(parser.parse_args().folder)
    report.write_json("follow_ups", {"embedding_model": MODEL, "rows": [asdict(row) for row in rows]})
    print(report.table(("search", "questions", "recall@10", "nDCG@10"), list(_lines(rows))))


if __name__ == "__main__":
    main()
