"""Unit vectors from words alone: half what they mean, half how they are spelt.

Meaning: each word piece has a fixed direction, taken from a small language model once and kept in a table. Spelling:
words, their beginnings and their runs of four letters are hashed into buckets with a sign (Weinberger et al. 2009,
"Feature Hashing for Large Scale Multitask Learning"), so that names, numbers and words of any language match too.
Rare words count more, repeated ones less than their number.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from sluice import words
from sluice.adapters.offline import lanes, table
from sluice.domain import EmbeddingUsage, Vector
from sluice.errors import ModelRejected
from sluice.ports import Embeddings

NAME = "offline/static"
MEANING = table.DIMENSION
SPELLING = 512
DIMENSION = MEANING + SPELLING

RESOLUTION = 16
"""Repetition counts in sixteenths, and spelling in hundredths of that: packed vectors hold whole numbers only."""


class OfflineEmbedder:
    """Embeds texts without a network, in a fraction of a millisecond each."""

    def __init__(self, model: str = NAME) -> None:
        if model != NAME:
            raise ModelRejected(f"There is no offline embedding model {model}; use {NAME}.")

    @property
    def model(self) -> str:
        return NAME

    def load(self) -> None:
        """There is no library to import."""

    def prime(self) -> None:
        """Open the table of words."""
        table.load()

    async def dimension(self) -> int:
        return DIMENSION

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:  # noqa: ARG002 - both are embedded alike
        """Return one unit vector per text, in order."""
        return [embed(text) for text in texts]

    async def embed_query(self, text: str) -> Embeddings:
        """Return the unit vector of what is searched for, which takes nothing."""
        return Embeddings(await self.embed([text], purpose="query"), EmbeddingUsage())

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order; they cost nothing."""
        return Embeddings(await self.embed(texts, purpose="document"), EmbeddingUsage())


def embed(text: str) -> Vector:
    """Return the unit vector of a text; one without words points along the first axis."""
    counts = Counter(words.split(text))
    total = sum(round(RESOLUTION * (1 + math.log(count))) * _packed(word) for word, count in counts.items())
    components = lanes.unpack(total, DIMENSION)
    both = _unit(components[:MEANING]) + _unit(components[MEANING:])
    return _unit(both) if any(both) else [1.0] + [0.0] * (DIMENSION - 1)


@lru_cache(maxsize=4096)  # 6 KB each
def _packed(word: str) -> int:
    pieces = table.load().pieces(word)
    rarity = max((piece.rarity for piece in pieces), default=table.UNKNOWN_RARITY)
    meaning = sum(piece.weight * piece.direction for piece in pieces)
    return meaning + sum(_spelt(feature, round(100 * rarity * share)) for feature, share in _features(word))


def _spelt(feature: str, amount: int) -> int:
    digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
    return lanes.at(MEANING + digest % SPELLING, amount if digest >> 63 else -amount)


def _features(word: str) -> Iterator[tuple[str, float]]:
    """Yield each feature with its share: the word, its first five letters, and its runs of four, which share 0.7."""
    yield f"={word}", 0.5
    yield f"^{word[:5]}", 1.0
    framed = f"<{word}>"
    runs = [framed[start : start + 4] for start in range(max(1, len(framed) - 3))]
    for run in runs:
        yield run, 0.7 / math.sqrt(len(runs))


def _unit(components: Sequence[float]) -> list[float]:
    """Scale to length one; a vector of zeros stays as it is."""
    length = math.hypot(*components)
    return [component / length for component in components] if length else list(components)
