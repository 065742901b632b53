"""Embedding documents for a database whose embedding model may be changing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from sluice.domain import EmbeddingUsage
from sluice.errors import ModelError
from sluice.ports import DocumentEmbedder, Embeddings, EmbeddingSpaces, OtherVectors

_logger = logging.getLogger(__name__)


class SpaceEmbedder:
    """Embeds with the model whose vectors are searched; during a change, with the other one beside it.

    The other model may fail: its vectors are then filled in before the search switches to it.
    """

    def __init__(self, *, model: str, spaces: EmbeddingSpaces, embedder_of: Callable[[str], DocumentEmbedder]) -> None:
        self._model = model
        self._spaces = spaces
        self._embedder_of = embedder_of

    @property
    def model(self) -> str:
        """The configured model."""
        return self._model

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return the vectors by each model that the database holds; raise `ModelError`, `EmbeddingModelMismatch`."""
        space = await self._spaces.current()
        embedded = await self._embedder_of(space.model).embed_documents(texts)
        beside = await self._beside(space.other, texts) if space.other else None
        if beside is None:
            return replace(embedded, model=space.model)
        vectors, usage = beside
        return Embeddings(embedded.vectors, _sum(embedded.usage, usage), space.model, vectors)

    async def _beside(self, model: str, texts: Sequence[str]) -> tuple[OtherVectors, EmbeddingUsage] | None:
        try:
            embedded = await self._embedder_of(model).embed_documents(texts)
        except ModelError as error:
            _logger.warning("%s did not embed new chunks: %s", model, error.message)
            return None
        return OtherVectors(model, embedded.vectors), embedded.usage


def _sum(one: EmbeddingUsage, other: EmbeddingUsage) -> EmbeddingUsage:
    return EmbeddingUsage(one.tokens + other.tokens, one.cost + other.cost)
