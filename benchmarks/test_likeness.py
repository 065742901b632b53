"""The figures that tell whether synthetic vectors are as hard to search as published ones."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.likeness import profile, sample
from benchmarks.topics import BLOCK, OFFLINE, OPENAI, Likeness, Matrix, Topics


def test_points_all_over_a_sphere_have_its_dimension_and_no_direction_before_another() -> None:
    """On a sphere in nine dimensions there are eight ways to go."""
    points = np.random.default_rng(2).standard_normal((4_000, 9)).astype(np.float32)
    found = profile(points / np.linalg.norm(points, axis=1, keepdims=True))

    assert found.two_nearest_dimension == pytest.approx(8, rel=0.1)
    assert found.local_dimension_100 == pytest.approx(8, rel=0.15)
    assert found.spectral_dimension == pytest.approx(9, rel=0.01)
    assert found.first_direction == pytest.approx(1 / 9, rel=0.1)
    assert found.directions_for_90 == 9


def test_a_sample_has_as_many_chunks_of_each_block() -> None:
    """Neighbours in a sample are as far from each other as chance has it."""
    vectors = Topics(3 * BLOCK, 16)
    found = sample(vectors, 60)
    blocks = [vectors.chunks(block)[0] for block in range(3)]

    assert [sum(bool((each == row).all(axis=1).any()) for row in found) for each in blocks] == [20, 20, 20]


@pytest.mark.parametrize("likeness", [OFFLINE, OPENAI])
def test_chunks_that_were_left_out_are_as_near_to_the_stored_ones_as_those_to_each_other(likeness: Likeness) -> None:
    """And questions lie farther off."""
    vectors = Topics(BLOCK, 512, likeness=likeness)
    left_out = Topics(BLOCK, 512, likeness=likeness.asked_by_chunks())
    chunks = vectors.chunks(0)[0]

    def nearest(asked: Matrix) -> float:
        return float(np.median(np.sort(asked @ chunks.T, axis=1)[:, -5]))

    assert nearest(left_out.queries(200)[0]) == pytest.approx(nearest(chunks[:200]), abs=0.03)
    assert nearest(vectors.queries(200)[0]) < nearest(left_out.queries(200)[0]) - 0.03
