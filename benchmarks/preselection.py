"""How many of the nearest ten are among those that less of the vectors preselects, if an index forgot none of them?

For the offline model's vectors of real texts, and for synthetic ones; all are compared. Of the latter those like
OpenAI's are asked by chunks that were left out, as public benchmarks ask. What an index loses besides, and what it
costs, is measured by `benchmarks.preselecting`.

    python -m benchmarks.preselection ../shared/eval/cranfield ../shared/eval/cacm
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.report import table
from benchmarks.topics import BLOCK, OPENAI, Matrix, Topics
from local.evaluation import dataset
from sluice.adapters.offline import embedding

DEPTH = 10
PRESELECTED = (10, 20, 50, 100, 200, 400)
_QUERIES = 200
_SYNTHETIC = (
    ("topics", Topics(50_000, 1_024)),
    ("topics", Topics(50_000, 1_536)),
    ("openai", Topics(100_000, 1_536, likeness=OPENAI.asked_by_chunks())),
)


def recalls(chunks: Matrix, queries: Matrix, held_chunks: Matrix, held_queries: Matrix) -> list[float]:
    """Return the share of the nearest that is among so many by what is held, for each number of `PRESELECTED`."""
    nearest = np.argpartition(-queries @ chunks.T, DEPTH, axis=1)[:, :DEPTH]
    scores = held_queries @ held_chunks.T
    of_nearest = np.take_along_axis(scores, nearest, 1)
    ranks = np.stack([(scores > of_nearest[:, at, None]).sum(axis=1) for at in range(DEPTH)], axis=1)
    return [round(float((ranks < most).mean()), 3) for most in PRESELECTED]


def first(vectors: Matrix, numbers: int) -> Matrix:
    """Return the first numbers, as unit vectors."""
    shorter = vectors[:, :numbers]
    unit: Matrix = shorter / np.linalg.norm(shorter, axis=1, keepdims=True)
    return unit


def signs(vectors: Matrix) -> Matrix:
    """Return vectors whose products are the fewer, the more signs differ."""
    return np.where(vectors > 0, 1, -1).astype(np.float32)


def _rows(name: str, chunks: Matrix, queries: Matrix) -> list[tuple[object, ...]]:
    rows = [(name, "signs", *recalls(chunks, queries, signs(chunks), signs(queries)))]
    for numbers in (chunks.shape[1] // 3, chunks.shape[1] // 2):
        held = recalls(chunks, queries, first(chunks, numbers), first(queries, numbers))
        rows.append((name, f"first {numbers}", *held))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="in BEIR's layout")
    rows = []
    for folder in parser.parse_args().folders:
        texts = dataset.read(folder)
        chunks = [" ".join(filter(None, (text.title, text.content))) for text in texts.documents.values()]
        queries = list(texts.queries.values())[:_QUERIES]
        vectors = [np.array([embedding.embed(text) for text in each], np.float32) for each in (chunks, queries)]
        rows += _rows(f"{texts.name}, {len(chunks):,} x {vectors[0].shape[1]}", vectors[0], vectors[1])
    for name, synthetic in _SYNTHETIC:
        stored = np.concatenate([synthetic.chunks(block)[0] for block in range(synthetic.size // BLOCK)])
        asked = synthetic.queries(_QUERIES)[0]
        rows += _rows(f"{name}, {synthetic.size:,} x {synthetic.dimension}", stored, asked)
    print(table(("vectors", "held", *PRESELECTED), rows))


if __name__ == "__main__":
    main()
