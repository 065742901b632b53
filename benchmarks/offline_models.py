"""How well do the models that need no key find and answer, and how fast?

Finding: each embedder alone, and fused with BM25 by rank and by score. Answering: how often the extractive answerer
answers what a set can answer, and how often it says that it doesn't know to what the set can't, be it a near miss,
written to mislead, or a question about something else altogether.

    .venv-bench/bin/python -m benchmarks.offline_models SET...

A set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv; one with unanswerable.jsonl is asked for answers too.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import offline_answers, ranking, wordllama
from benchmarks.ranking import Scores, Vectors
from local.evaluation import metrics
from local.evaluation.dataset import Dataset, read
from sluice.adapters.offline import embedding

RESULTS = Path(__file__).parent / "results" / "offline_models.json"

Embed = Callable[[str], Sequence[float]]

PARTS = ("its meaning alone", "its spelling alone")

PROBE = """
import json, resource, sys, time
began = time.perf_counter()
from sluice.adapters.offline import embedding
embedding.embed("first")
cold = time.perf_counter() - began
texts = json.load(sys.stdin)
began = time.perf_counter()
for text in texts:
    embedding.embed(text)
rate = len(texts) / (time.perf_counter() - began)
print(cold * 1e3, rate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One way of finding on one set."""

    set: str
    way: str
    ndcg_at_10: float
    recall_at_10: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Of a fresh process: the time to its first vector, then its rate and its memory."""

    cold_ms: float
    texts_per_second: float
    resident_mib: float


def main() -> None:
    options = _options()
    sets = [read(folder) for folder in options.sets]
    rows: dict[str, list[Any]] = {"speed": [measure_speed(sets)]}
    embedders = _embedders(options.wordllama)
    rows["finding"] = [row for dataset in sets for row in measure_finding(dataset, embedders)]
    rows["answering"] = [
        row
        for dataset, folder in zip(sets, options.sets, strict=True)
        if (folder / "unanswerable.jsonl").exists()
        for row in offline_answers.measure(
            dataset, folder / "unanswerable.jsonl", sets, half=options.half, limit=options.questions
        )
    ]
    for part in rows.values():
        _show(part)
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps({name: [*map(asdict, part)] for name, part in rows.items()}, indent=2) + "\n")


def measure_finding(dataset: Dataset, embedders: Mapping[str, Embed]) -> Iterator[Found]:
    """Yield BM25 alone, then each embedder alone and fused with it."""
    lexical = ranking.BM25(_texts(dataset)).scores(list(dataset.queries.values()))
    yield _judge(dataset, "BM25", lexical)
    for name, embed in embedders.items():
        queries = _embed_all(embed, dataset.queries.values(), f"{dataset.name}: {name}, queries")
        documents = _embed_all(embed, _texts(dataset), f"{dataset.name}: {name}, documents")
        dense = ranking.cosine(queries, documents)
        yield _judge(dataset, name, dense)
        if name in PARTS:
            continue
        for weight, k in ((1.0, 60), (0.3, 10)):
            fused = ranking.fuse_ranks(lexical, dense, weight=weight, k=k)
            yield _judge(dataset, f"{name} x {weight} + BM25, ranks, k={k}", fused)
        for weight in (0.3, 0.5):
            fused = ranking.fuse_scores(lexical, dense, weight=weight)
            yield _judge(dataset, f"{name} x {weight} + BM25, scores", fused)


def measure_speed(sets: Sequence[Dataset]) -> Speed:
    """Embed a thousand documents in a process of its own."""
    texts = [text for dataset in sets for text in _texts(dataset)]
    sample = random.Random(1).sample(texts, min(1_000, len(texts)))
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], input=json.dumps(sample), capture_output=True, text=True, check=True
    )
    return Speed(*map(float, probe.stdout.split()))


def _embedders(unpacked_wordllama: Path | None) -> dict[str, Embed]:
    embedders: dict[str, Embed] = {
        "offline/static": embedding.embed,
        "its meaning alone": lambda text: _unit(embedding.embed(text)[: embedding.MEANING]),
        "its spelling alone": lambda text: _unit(embedding.embed(text)[embedding.MEANING :]),
    }
    return embedders | ({"WordLlama 256": wordllama.embedder(unpacked_wordllama)} if unpacked_wordllama else {})


def _texts(dataset: Dataset) -> list[str]:
    """Each document under its title, unless it begins with it."""
    return [
        text.content if text.content.startswith(text.title or "") else f"{text.title}\n{text.content}"
        for text in dataset.documents.values()
    ]


def _unit(vector: Sequence[float]) -> Sequence[float]:
    length = float(np.linalg.norm(vector)) or 1.0
    return [value / length for value in vector]


def _embed_all(embed: Embed, texts: Iterable[str], label: str) -> Vectors:
    shown = track(list(texts), label, console=Console(stderr=True), transient=True)
    return np.array([embed(text) for text in shown], np.float32)


def _judge(dataset: Dataset, way: str, scores: Scores) -> Found:
    keys = list(dataset.documents)
    rankings = [[keys[number] for number in row] for row in ranking.best(scores, 10).tolist()]
    grades = [dataset.judgements[query] for query in dataset.queries]
    judged = list(zip(rankings, grades, strict=True))
    ndcg = float(np.mean([metrics.ndcg(found, wanted) for found, wanted in judged]))
    return Found(dataset.name, way, ndcg, float(np.mean([metrics.recall(found, wanted) for found, wanted in judged])))


def _show(rows: Sequence[Any]) -> None:
    if not rows:
        return
    table = Table()
    for field in fields(rows[0]):
        table.add_column(field.name.replace("_", " "))
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in astuple(row)))
    Console().print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--wordllama", type=Path, help="the folder of the unpacked wordllama wheel, to compare with")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="which half of the questions to ask")
    parser.add_argument("--questions", type=int, default=500, help="the most questions of a kind to ask")
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
