"""The vectors that the benchmarks search, and the measures that say how hard that is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.dimensions import local_dimension
from benchmarks.islands import Islands
from benchmarks.synthetic import Corpus
from benchmarks.topics import BLOCK, Topics

DIMENSION = 16
Shape = type[Topics] | type[Islands]

shapes = pytest.mark.parametrize("shape", [Topics, Islands])


@shapes
def test_a_block_of_vectors_is_the_same_whichever_was_asked_for_before(shape: Shape) -> None:
    """A server that is filled once can be asked about later."""
    one, other = (shape(BLOCK + 50, DIMENSION) for _ in range(2))
    one.chunks(0)

    assert one.chunks(1)[0].tolist() == other.chunks(1)[0].tolist()


@shapes
def test_vectors_have_length_one_and_are_as_many_as_asked_for(shape: Shape) -> None:
    """The last block is shorter."""
    vectors = shape(BLOCK + 50, DIMENSION)
    found = [*(vectors.chunks(block)[0] for block in range(2)), vectors.queries(7)[0]]

    assert [each.shape for each in found] == [(BLOCK, DIMENSION), (50, DIMENSION), (7, DIMENSION)]
    assert [float(np.abs(np.linalg.norm(each, axis=1) - 1).max()) for each in found] == pytest.approx(
        [0, 0, 0], abs=1e-5
    )


@shapes
def test_the_nearest_chunks_are_those_of_comparing_all_at_once(shape: Shape) -> None:
    """Going block by block loses none."""
    corpus = Corpus(BLOCK + 50, DIMENSION, shape=shape)
    queries, _ = corpus.queries(20)
    chunks = np.concatenate([vectors for _, vectors, _ in corpus.blocks()]).astype(np.float16).astype(np.float32)

    assert corpus.nearest(queries, 5).tolist() == np.argsort(-(queries @ chunks.T), axis=1)[:, :5].tolist()


@pytest.mark.parametrize("dimension", [2, 8, 32])
def test_the_local_dimension_of_evenly_spread_points_is_that_of_their_space(dimension: int) -> None:
    """The nearest of points in a ball: their distances are the powers 1/d of even numbers."""
    distances = np.sort(np.random.default_rng(1).random((500, 100)) ** (1 / dimension), axis=1).astype(np.float32)

    assert local_dimension(distances) == pytest.approx(dimension, rel=0.05)
