"""Are the synthetic vectors as hard to search as OpenAI's? Prints the figures that others published of those.

Nobody needs the vectors for it: 20,000 of DBpedia's million in text-embedding-ada-002 were measured by
FibonAdithya/wgan-synthetic (docs/datasets/openai.md, 2026-08-10), each asked for the others. The same is done here with
20,000 out of a million synthetic ones.

    python -m benchmarks.likeness
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.dimensions import NEIGHBOURS, local_dimension
from benchmarks.report import table
from benchmarks.topics import BLOCK, OFFLINE, OPENAI, Matrix, Topics

_DIMENSION = 1_536
_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class Profile:
    """How hard vectors are to search; the first three are of each vector's nearest others."""

    local_dimension_100: float
    """The median of the maximum likelihood estimates."""
    nearest_contrast: float
    """How much farther all vectors are than the nearest one, in the median."""
    two_nearest_dimension: float
    """By how much farther the second is than the nearest (Facco et al. 2017)."""
    spectral_dimension: float
    """The participation ratio of the covariance's eigenvalues."""
    first_direction: float
    """How much of the variance the first principal direction has."""
    directions_for_90: int
    """How many have nine tenths of it."""


PUBLISHED = Profile(31.88, 1.375, 22.7, 175.3, 0.036, 459)


def profile(vectors: Matrix) -> Profile:
    """Measure unit vectors as the published ones were."""
    distances = _distances_to_others(vectors)
    nearest = np.sort(np.partition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS], axis=1)
    shares = _spectrum(vectors)
    return Profile(
        local_dimension_100=round(local_dimension(nearest), 2),
        nearest_contrast=round(float(np.median(np.nanmean(distances, axis=1) / nearest[:, 0])), 3),
        two_nearest_dimension=round(float(1 / np.log(nearest[:, 1] / nearest[:, 0]).mean()), 1),
        spectral_dimension=round(float(1 / (shares**2).sum()), 1),
        first_direction=round(float(shares[0]), 3),
        directions_for_90=int(np.searchsorted(np.cumsum(shares), 0.9)) + 1,
    )


def _distances_to_others(vectors: Matrix) -> Matrix:
    """Return how far some of the vectors are from each; from itself it is not a number."""
    asked = np.random.default_rng(0).choice(len(vectors), min(_QUERIES, len(vectors)), replace=False)
    distances: Matrix = np.sqrt(np.maximum(2 - 2 * vectors[asked] @ vectors.T, 1e-12))
    distances[np.arange(len(asked)), asked] = np.nan
    return distances


def _spectrum(vectors: Matrix) -> Matrix:
    """Return how much of the variance each principal direction has, the most first."""
    centred = vectors - vectors.mean(axis=0)
    variances = np.maximum(np.linalg.eigvalsh(centred.T @ centred)[::-1], 0)
    shares: Matrix = variances / variances.sum()
    return shares


def sample(vectors: Topics, count: int) -> Matrix:
    """Return about so many chunks, as many of each block."""
    blocks = range(-(-vectors.size // BLOCK))
    each = max(1, count // len(blocks))
    random = np.random.default_rng(1)
    return np.concatenate([random.permutation(vectors.chunks(block)[0])[:each] for block in blocks])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=20_000)
    options = parser.parse_args()
    figures = {"text-embedding-ada-002, published": PUBLISHED}
    for name, likeness in (("openai", OPENAI), ("topics", OFFLINE)):
        vectors = Topics(options.chunks, _DIMENSION, likeness=likeness)
        figures[f"synthetic ({name})"] = profile(sample(vectors, options.sample))
    rows = [(name, *asdict(each).values()) for name, each in figures.items()]
    print(table(("vectors", *asdict(PUBLISHED)), rows), flush=True)


if __name__ == "__main__":
    main()
