"""Retrieval measured on a small set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.command.program import app
from local.evaluation import metrics
from local.evaluation.dataset import Dataset, DatasetError, Text, read
from local.evaluation.run import evaluate
from sluice.errors import ModelError, ModelRejected
from sluice.reranking import Reranking
from sluice.testing.reranking import WordReranker

CORPUS = [
    {"_id": "a", "title": "Whales", "text": "Blue whales eat krill."},
    {"_id": "b", "title": "", "text": "Seals bark."},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of two documents and one question."""
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)))
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "What do whales eat?"}\n{"_id": "r", "text": "?"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t2\nq\tb\t0\n")
    return tmp_path


def test_a_set_is_read_with_its_judged_questions(folder: Path) -> None:
    """A question without a relevant document can't be scored and is left out."""
    documents = {"a": Text("Blue whales eat krill.", "Whales"), "b": Text("Seals bark.")}

    assert read(folder) == Dataset(folder.name, documents, {"q": "What do whales eat?"}, {"q": {"a": 2, "b": 0}})


@pytest.mark.parametrize("file", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_or_broken_file_is_named(folder: Path, file: str) -> None:
    """Nothing is started for a folder that is no set."""
    (folder / file).write_text("{broken\nbroken\n")
    with pytest.raises(DatasetError, match=file):
        read(folder)


def test_judgements_need_no_heading(folder: Path) -> None:
    """Else the first of them would be lost, and with it perhaps its question."""
    (folder / "qrels.tsv").write_text("q\ta\t2\nr\tb\t1\n")

    assert read(folder).judgements == {"q": {"a": 2}, "r": {"b": 1}}


def test_a_question_with_negative_grades_only_is_left_out(folder: Path) -> None:
    """TREC writes -1 of what is worse than irrelevant."""
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\nr\tb\t-1\n")

    assert list(read(folder).queries) == ["q"]


def test_ids_may_hold_what_unicode_takes_for_the_end_of_a_line(folder: Path) -> None:
    """Lines end as files end them."""
    ids = ["a\u2028b", "c\u0085d"]
    (folder / "corpus.jsonl").write_text("\n".join(json.dumps({"_id": each, "text": "Krill."}) for each in ids))
    (folder / "qrels.tsv").write_text("".join(f"q\t{each}\t1\n" for each in ids))

    assert read(folder).judgements == {"q": dict.fromkeys(ids, 1)}


def test_texts_are_made_such_that_a_database_takes_them(folder: Path) -> None:
    """Without NULs and halves of surrogate pairs, and an absent text is empty; a mark of UTF-8 is no part of a row."""
    (folder / "corpus.jsonl").write_text('{"_id": "a", "text": "x\\ud800y\\u0000z"}', encoding="utf-8-sig")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "k\\u0000l"}\n{"_id": "r", "text": null}')
    (folder / "qrels.tsv").write_text("q\ta\t1\nr\ta\t1\n")

    assert read(folder) == Dataset(
        folder.name, {"a": Text("x?y z")}, {"q": "k l", "r": ""}, {"q": {"a": 1}, "r": {"a": 1}}
    )


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("corpus.jsonl", b'{"_id": "a", "text": "caf\xe9"}', "is not UTF-8"),
        ("corpus.jsonl", b'{"text": "Whales."}', "line 1: there is no _id"),
        ("queries.jsonl", b"[" * 100_000, "line 1: not a JSON object"),
        ("qrels.tsv", b"q\ta\tinf", "expected query, document and grade"),
    ],
)
def test_a_line_that_is_none_is_told(folder: Path, file: str, content: bytes, words: str) -> None:
    """With its file, and without a stack trace."""
    (folder / file).write_bytes(content)

    with pytest.raises(DatasetError, match=words):
        read(folder)


def test_metrics_follow_their_formulas() -> None:
    """Two relevant documents, one of them found in the second place."""
    grades = {"a": 2, "b": 1}

    assert metrics.ndcg(["x", "a"], grades) == pytest.approx((2 / 1.584962) / (2 + 1 / 1.584962), rel=1e-5)
    assert metrics.recall(["x", "a"], grades) == 0.5
    assert metrics.reciprocal_rank(["x", "a"], grades) == 0.5
    assert metrics.percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0


def test_the_command_measures_each_leg_and_both(folder: Path, tmp_path: Path) -> None:
    """One run, three rows, in a file too."""
    figures = tmp_path / "figures.json"

    ended = CliRunner().invoke(app, ["eval", str(folder), "--json", str(figures)])

    rows = json.loads(figures.read_text())["results"]
    assert ended.exit_code == 0
    assert [(row["way"], row["queries"], row["ndcg_at_10"]) for row in rows] == [
        ("dense", 1, 1.0),
        ("lexical", 1, 1.0),
        ("hybrid", 1, 1.0),
    ]


def test_what_was_found_can_be_ranked_anew(folder: Path) -> None:
    """As a fourth row beside the ways of finding."""
    reranker = WordReranker()

    rows = evaluate([folder], model="offline/static", reranking=Reranking(reranker, candidates=50, seconds=60))

    assert [(row.way, row.ndcg_at_10) for row in rows][-2:] == [("hybrid", 1.0), ("reranked", 1.0)]
    assert [query for query, _ in reranker.asked] == ["What do whales eat?"]


def test_a_model_that_does_not_rank_ends_the_evaluation(folder: Path) -> None:
    """Figures of a ranking that was none would be wrong."""
    reranker = WordReranker()
    reranker.failures.append(ModelRejected())

    with pytest.raises(ModelError, match="did not rank"):
        evaluate([folder], model="offline/static", reranking=Reranking(reranker, candidates=50, seconds=60))


@pytest.mark.parametrize("file", ["missing/figures.json", "."])
def test_figures_that_can_not_be_written_are_told_at_once(folder: Path, tmp_path: Path, file: str) -> None:
    """And not when everything has been measured."""
    ended = CliRunner().invoke(app, ["eval", str(folder), "--json", str(tmp_path / file)])

    assert (ended.exit_code, "nDCG" in ended.output) == (2, False)


def test_a_folder_that_is_no_set_is_told_in_one_line(tmp_path: Path) -> None:
    """No stack trace for a user's mistake."""
    ended = CliRunner().invoke(app, ["eval", str(tmp_path)])

    assert (ended.exit_code, len(ended.output.strip().splitlines())) == (1, 1)
