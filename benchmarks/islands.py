"""Vectors around centres that are all equally far from each other, as benchmarks often make them.

Within a cluster they are no harder to search than real ones, but between clusters nothing says which way to go: a graph
of neighbours, which is walked downhill, misses whole clusters. Embeddings of texts are not so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.topics import BLOCK, Matrix, Numbers

_DIRECTIONS = 24


@dataclass(frozen=True)
class Islands:
    """Unit vectors for `size` chunks around `size ** 0.5` centres, in blocks of `BLOCK`, the same for the same seed."""

    size: int
    dimension: int
    seed: int = 7

    def chunks(self, block: int) -> tuple[Matrix, Numbers]:
        """Return the vectors of a block, and in which cluster each is."""
        return self._scattered(np.random.default_rng((self.seed, block)), min(BLOCK, self.size - block * BLOCK))

    def queries(self, count: int) -> tuple[Matrix, Numbers]:
        """Return vectors that fall into the clusters but are no chunks, and in which cluster each is."""
        return self._scattered(np.random.default_rng((self.seed, 2**31)), count)

    def _scattered(self, random: np.random.Generator, count: int) -> tuple[Matrix, Numbers]:
        clusters = random.integers(0, len(self._centres), count)
        spread = random.standard_normal((count, _DIRECTIONS), np.float32) @ self._basis / _DIRECTIONS**0.5
        noise = 0.05 * random.standard_normal((count, self.dimension), np.float32)
        vectors = self._centres[clusters] + spread + noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), clusters

    @cached_property
    def _centres(self) -> Matrix:
        random = np.random.default_rng(self.seed)
        return random.standard_normal((max(1, round(self.size**0.5)), self.dimension), np.float32)

    @cached_property
    def _basis(self) -> Matrix:
        return np.random.default_rng((self.seed, 1)).standard_normal((_DIRECTIONS, self.dimension), np.float32)
