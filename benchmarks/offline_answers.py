"""When does the extractive answerer answer, and when does it say that it doesn't know?"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks import ranking
from local.evaluation.dataset import Dataset
from sluice.adapters.offline import embedding, quoting
from sluice.prompting import NumberedPassage

PASSAGES = 8
DENSE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Answered:
    """One kind of question; rates are shares of those asked, `from_a_relevant_passage` of those answered."""

    questions: str
    asked: int
    answered: float
    abstained: float
    from_a_relevant_passage: float | None


def measure(
    dataset: Dataset, unanswerable: Path, others: Sequence[Dataset], *, half: int, limit: int
) -> Iterator[Answered]:
    """Yield the rates of each kind of question on one half of them (0 or 1), at most `limit` of a kind."""
    near_misses = [json.loads(line)["text"] for line in unanswerable.read_text("utf-8").splitlines()]
    strangers = [text for other in others if other is not dataset for text in other.queries.values()]
    answerer = _Answerer(dataset)
    for kind, questions in {
        "answerable": list(dataset.queries.items()),
        "unanswerable, near misses": [("", text) for text in near_misses],
        "of other sets": [("", text) for text in strangers],
    }.items():
        asked = _half(questions, half)[:limit]
        answers = [answerer.answer(text) for _, text in track(asked, kind, console=Console(stderr=True))]
        yield _rates(kind, [dataset.judgements.get(key, {}).keys() for key, _ in asked], answers)


class _Answerer:
    """Answers from the best passages of one set: BM25 and the embedder, fused."""

    def __init__(self, dataset: Dataset) -> None:
        self._keys = list(dataset.documents)
        self._texts = [document.content for document in dataset.documents.values()]
        self._lexical = ranking.BM25(self._texts)
        self._vectors = np.array([embedding.embed(text) for text in self._texts], np.float32)

    def answer(self, question: str) -> set[str]:
        """Return the keys of the documents that are quoted; none for an abstention."""
        dense = ranking.cosine(np.array([embedding.embed(question)], np.float32), self._vectors)
        fused = ranking.fuse_scores(self._lexical.scores([question]), dense, weight=DENSE_WEIGHT)
        first = ranking.best(fused, PASSAGES)[0].tolist()
        passages = [NumberedPassage(place, self._texts[number]) for place, number in enumerate(first, start=1)]
        return {self._keys[first[quote.id - 1]] for quote in quoting.best(question, passages)}


def _half(questions: list[tuple[str, str]], half: int) -> list[tuple[str, str]]:
    shuffled = random.Random(1).sample(questions, len(questions))
    return shuffled[half::2]


def _rates(kind: str, relevant: Sequence[frozenset[str] | set[str]], answers: Sequence[set[str]]) -> Answered:
    given = [(quoted, right) for quoted, right in zip(answers, relevant, strict=True) if quoted]
    share = len(given) / max(1, len(answers))
    right = [bool(quoted & set(right)) for quoted, right in given if right]
    return Answered(kind, len(answers), share, 1 - share, sum(right) / len(right) if right else None)
