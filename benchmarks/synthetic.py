"""Chunks that nobody wrote: vectors in clusters, words by Zipf's law, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
BLOCK = 10_000
_VOCABULARY = 50_000
_WORDS_PER_CHUNK = 120
_WORDS_PER_QUERY = 8
_DIRECTIONS = 24


@dataclass(frozen=True, slots=True)
class Corpus:
    """`size` chunks around `size ** 0.5` centres; a cluster also prefers words of its own."""

    size: int
    dimension: int
    seed: int = 7

    def blocks(self) -> Iterator[tuple[int, Matrix, list[str]]]:
        """Yield `(first number, unit vectors, texts)` in blocks of at most `BLOCK`."""
        centres = self._centres()
        for start in range(0, self.size, BLOCK):
            random = np.random.default_rng((self.seed, start))
            count = min(BLOCK, self.size - start)
            clusters = random.integers(0, len(centres), count)
            yield start, self._around(random, centres[clusters]), [_text(random, each) for each in clusters]

    def queries(self, count: int) -> tuple[Matrix, list[str]]:
        """Return unit vectors and texts that fall into the clusters but are no chunks."""
        centres = self._centres()
        random = np.random.default_rng((self.seed, 2**31))
        clusters = random.integers(0, len(centres), count)
        return self._around(random, centres[clusters]), [_text(random, each, _WORDS_PER_QUERY) for each in clusters]

    def nearest(self, queries: Matrix, depth: int) -> NDArray[np.int64]:
        """Return the numbers of the `depth` chunks nearest by cosine to each query, by comparing with every chunk.

        Chunks are compared as they are stored, in half precision.
        """
        best_scores = np.full((len(queries), depth), -np.inf, np.float32)
        best = np.zeros((len(queries), depth), np.int64)
        for start, vectors, _ in self._vectors():
            stored = vectors.astype(np.float16).astype(np.float32)
            scores = queries @ stored.T
            top = np.argpartition(-scores, depth, axis=1)[:, :depth]
            scores = np.concatenate([best_scores, np.take_along_axis(scores, top, 1)], axis=1)
            numbers = np.concatenate([best, top + start], axis=1)
            order = np.argsort(-scores, axis=1)[:, :depth]
            best_scores, best = np.take_along_axis(scores, order, 1), np.take_along_axis(numbers, order, 1)
        return best

    def _vectors(self) -> Iterator[tuple[int, Matrix, None]]:
        centres = self._centres()
        for start in range(0, self.size, BLOCK):
            random = np.random.default_rng((self.seed, start))
            clusters = random.integers(0, len(centres), min(BLOCK, self.size - start))
            yield start, self._around(random, centres[clusters]), None

    def _centres(self) -> Matrix:
        random = np.random.default_rng(self.seed)
        return random.standard_normal((max(1, round(self.size**0.5)), self.dimension), np.float32)

    def _around(self, random: np.random.Generator, centres: Matrix) -> Matrix:
        """Scatter points around centres along few directions: embeddings of texts vary in far fewer than they have."""
        basis = np.random.default_rng((self.seed, 1)).standard_normal((_DIRECTIONS, self.dimension), np.float32)
        spread = random.standard_normal((len(centres), _DIRECTIONS), np.float32) @ basis / _DIRECTIONS**0.5
        vectors = centres + spread + 0.05 * random.standard_normal(centres.shape, np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _text(random: np.random.Generator, cluster: int, words: int = _WORDS_PER_CHUNK) -> str:
    common = np.minimum(random.zipf(1.2, words), _VOCABULARY)
    own = cluster * 20 + random.integers(0, 20, words)
    chosen = np.where(random.random(words) < 0.2, own + _VOCABULARY, common)
    return " ".join(f"w{number}" for number in chosen)
