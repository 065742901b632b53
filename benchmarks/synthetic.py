"""Chunks that nobody wrote: vectors as embeddings lie, words by Zipf's law, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from benchmarks.topics import BLOCK, Matrix, Numbers, Topics

_VOCABULARY = 50_000
_WORDS_PER_QUERY = 8


class Vectors(Protocol):
    """How the vectors of chunks and queries lie."""

    def chunks(self, block: int) -> tuple[Matrix, Numbers]:
        """Return the unit vectors of a block, and of which topic each is."""

    def queries(self, count: int) -> tuple[Matrix, Numbers]:
        """Return the unit vectors of queries, and of which topic each is."""


@dataclass(frozen=True)
class Corpus:
    """`size` chunks with texts; those of one topic prefer words of their own."""

    size: int
    dimension: int
    seed: int = 7
    words: int = 120
    """How many a chunk has."""
    shape: Callable[[int, int, int], Vectors] = Topics

    def blocks(self) -> Iterator[tuple[int, Matrix, list[str]]]:
        """Yield `(first number, unit vectors, texts)` in blocks of at most `BLOCK`."""
        for block in self._blocks():
            random = np.random.default_rng((self.seed, 2, block))
            vectors, topics = self.vectors.chunks(block)
            yield block * BLOCK, vectors, [_text(random, topic, self.words) for topic in topics]

    def queries(self, count: int) -> tuple[Matrix, list[str]]:
        """Return unit vectors and texts that fall among the chunks but are none."""
        random = np.random.default_rng((self.seed, 3))
        vectors, topics = self.vectors.queries(count)
        return vectors, [_text(random, topic, _WORDS_PER_QUERY) for topic in topics]

    def nearest(self, queries: Matrix, depth: int) -> Numbers:
        """Return the numbers of the `depth` chunks nearest by cosine to each query, by comparing with every chunk.

        Chunks are compared as they are stored, in half precision.
        """
        best_scores = np.full((len(queries), depth), -np.inf, np.float32)
        best = np.zeros((len(queries), depth), np.int64)
        for block in self._blocks():
            stored = self.vectors.chunks(block)[0].astype(np.float16).astype(np.float32)
            scores = queries @ stored.T
            top = np.argpartition(-scores, depth, axis=1)[:, :depth]
            scores = np.concatenate([best_scores, np.take_along_axis(scores, top, 1)], axis=1)
            numbers = np.concatenate([best, top + block * BLOCK], axis=1)
            order = np.argsort(-scores, axis=1)[:, :depth]
            best_scores, best = np.take_along_axis(scores, order, 1), np.take_along_axis(numbers, order, 1)
        return best

    @cached_property
    def vectors(self) -> Vectors:
        return self.shape(self.size, self.dimension, self.seed)

    def _blocks(self) -> range:
        return range(-(-self.size // BLOCK))


def _text(random: np.random.Generator, topic: int, words: int) -> str:
    common = np.minimum(random.zipf(1.2, words), _VOCABULARY)
    own = topic * 20 + random.integers(0, 20, words)
    chosen = np.where(random.random(words) < 0.2, own + _VOCABULARY, common)
    return " ".join(f"w{number}" for number in chosen)
