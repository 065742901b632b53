"""Vectors that lie as embeddings of texts do: chunks in documents, documents in topics, topics in larger ones.

Each node of that tree is its parent plus a random step; the steps of all levels have one covariance, whose spectrum
falls by a power law, as those of language models' embeddings do. `benchmarks.dimensions` measures what this comes to
beside real embeddings, and each `Likeness` is chosen by that: see docs/retrieval.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Numbers = NDArray[np.int64]

BLOCK = 10_000
CHUNKS_PER_DOCUMENT = 10
DOCUMENTS_PER_BLOCK = BLOCK // CHUNKS_PER_DOCUMENT
CHILDREN = 10
_SHARED_TOPIC = 2
"""Chunks have words in common with those of their topic at this level: about a thousand of them."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes vectors as hard to search as those of some model."""

    directions: int
    """The vectors span at most so many of their dimensions."""
    spectrum: float
    """The i-th direction has a variance in proportion to i ** -spectrum."""
    chunk_share: float
    """How much of the variance is between the chunks of one document; all levels above share the rest."""
    document_step: float
    """How much documents vary within their topic, beside what topics vary within the larger ones."""
    query_share: float
    """How much of a query's variance is its own, and not that of the document it asks about.

    Where it is the chunks' share, queries lie as chunks that were left out do; questions lie farther off.
    """

    def asked_by_chunks(self) -> Likeness:
        """Return the same with queries that are chunks left out, as public benchmarks ask."""
        return replace(self, query_share=self.chunk_share)


OFFLINE = Likeness(directions=384, spectrum=0.6, chunk_share=0.5, document_step=1.0, query_share=0.7)
"""As hard as our offline model's."""
OPENAI = Likeness(directions=640, spectrum=0.6, chunk_share=0.44, document_step=0.6, query_share=0.6)
"""As hard as those of OpenAI's models with 1,536 numbers."""


@dataclass(frozen=True, slots=True)
class _Level:
    nodes: Matrix  # what each node adds to its parent
    parents: Numbers


@dataclass(frozen=True)
class Topics:
    """Unit vectors for `size` chunks, in blocks of `BLOCK`, the same for the same seed."""

    size: int
    dimension: int
    seed: int = 7
    likeness: Likeness = OFFLINE

    def chunks(self, block: int) -> tuple[Matrix, Numbers]:
        """Return the vectors of a block, and of which topic each is."""
        documents, topics = self._documents(block)
        of = np.arange(min(BLOCK, self.size - block * BLOCK)) // CHUNKS_PER_DOCUMENT
        own = self._random("chunk", block).standard_normal((len(of), self._directions), np.float32)
        return self._vectors(documents[of] + self.likeness.chunk_share**0.5 * own), topics[of]

    def queries(self, count: int) -> tuple[Matrix, Numbers]:
        """Return vectors that ask about documents, but are none of their chunks, and of which topic each is."""
        random = self._random("query", 0)
        asked = np.sort(random.integers(0, self._document_count, count))
        blocks = asked // DOCUMENTS_PER_BLOCK
        found = [self._documents(block) for block in np.unique(blocks)]
        at = np.searchsorted(np.unique(blocks), blocks) * DOCUMENTS_PER_BLOCK + asked % DOCUMENTS_PER_BLOCK
        documents, topics = (np.concatenate(part) for part in zip(*found, strict=True))
        own = random.standard_normal((count, self._directions), np.float32)
        share = self.likeness.query_share
        known = ((1 - share) / (1 - self.likeness.chunk_share)) ** 0.5 * documents[at]
        return self._vectors(known + share**0.5 * own), topics[at]

    def _documents(self, block: int) -> tuple[Matrix, Numbers]:
        """Return where the documents of a block are, in the directions, and their topics."""
        random = self._random("document", block)
        count = min(DOCUMENTS_PER_BLOCK, self._document_count - block * DOCUMENTS_PER_BLOCK)
        share = self.likeness.document_step * self._share
        own = share**0.5 * random.standard_normal((count, self._directions), np.float32)
        if not self._levels:
            return own, np.zeros(count, np.int64)
        parents = random.integers(0, len(self._places), count)
        return self._places[parents] + own, self._topics[parents]

    @cached_property
    def _levels(self) -> list[_Level]:
        """The topics above the documents, the smallest first."""
        return [self._level(number, count) for number, count in enumerate(self._counts[1:], start=1)]

    def _level(self, number: int, count: int) -> _Level:
        random = self._random("topic", number)
        above = self._counts[number + 1] if number + 1 < len(self._counts) else 1
        nodes = self._share**0.5 * random.standard_normal((count, self._directions), np.float32)
        return _Level(nodes, random.integers(0, above, count))

    @cached_property
    def _places(self) -> Matrix:
        """Where each of the smallest topics is: its own step and those of all above it."""
        place = np.zeros((1, self._directions), np.float32)
        for level in reversed(self._levels):
            place = level.nodes + place[level.parents]
        return place

    @cached_property
    def _topics(self) -> Numbers:
        topics = np.arange(len(self._levels[0].nodes))
        for level in self._levels[: _SHARED_TOPIC - 1]:
            topics = level.parents[topics]
        return topics

    @cached_property
    def _counts(self) -> list[int]:
        """How many documents there are, and topics of each level."""
        counts = [self._document_count]
        while counts[-1] >= CHILDREN:
            counts.append(counts[-1] // CHILDREN)
        return counts

    @property
    def _document_count(self) -> int:
        return -(-self.size // CHUNKS_PER_DOCUMENT)

    @cached_property
    def _share(self) -> float:
        """The variance of each level of topics; with those of the documents and the chunks they make one."""
        return (1 - self.likeness.chunk_share) / (len(self._counts) - 1 + self.likeness.document_step)

    @property
    def _directions(self) -> int:
        return min(self.likeness.directions, self.dimension)

    @cached_property
    def _basis(self) -> Matrix:
        """Orthogonal directions, each as long as it varies."""
        random = self._random("basis", 0)
        directions, _ = np.linalg.qr(random.standard_normal((self.dimension, self._directions)))
        variances = np.arange(1, self._directions + 1) ** -self.likeness.spectrum
        return (directions * np.sqrt(variances)).T.astype(np.float32)

    def _vectors(self, places: Matrix) -> Matrix:
        vectors = places @ self._basis
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _random(self, purpose: str, number: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, *purpose.encode(), number))
