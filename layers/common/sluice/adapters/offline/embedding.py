"""Unit vectors from hashed words."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from sluice.domain import EmbeddingUsage, Vector
from sluice.errors import ModelRejected
from sluice.ports import Embeddings

NAME = "offline/static"
DIMENSION = 256


class OfflineEmbedder:
    """Embeds texts by their words."""

    def __init__(self, model: str = NAME) -> None:
        if model != NAME:
            raise ModelRejected(f"There is no offline embedding model {model}; use {NAME}.")

    @property
    def model(self) -> str:
        return NAME

    async def dimension(self) -> int:
        return DIMENSION

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:  # noqa: ARG002 - both are embedded alike
        """Return one unit vector per text, in order."""
        return [_embed(text) for text in texts]

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order; they cost nothing."""
        return Embeddings(await self.embed(texts, purpose="document"), EmbeddingUsage())


def _embed(text: str) -> Vector:
    vector = [0.0] * DIMENSION
    for word, count in Counter(re.findall(r"\w+", text.lower())).items():
        digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[digest % DIMENSION] += (1.0 if digest >> 63 else -1.0) * (1.0 + math.log(count))
    length = math.hypot(*vector)
    return [value / length for value in vector] if length else [1.0] + [0.0] * (DIMENSION - 1)
