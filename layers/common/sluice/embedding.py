"""Embedding documents for a database whose embedding model may be changing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sluice.domain import Chunk, EmbeddingUsage, Vector
from sluice.errors import ModelError
from sluice.ports import DocumentEmbedder, Embeddings, EmbeddingSpaces, OtherVectors, PartlyEmbedded

_NOTHING = Embeddings([], EmbeddingUsage())
# Of fewer chunks it takes longer to begin another transaction than it saves.
_FEWEST = 32
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedChunks:
    """Chunks with a vector each; `failure` is why others have none."""

    chunks: Sequence[Chunk]
    embeddings: Embeddings
    failure: ModelError | None = None

    def parts(self, most: int) -> list[EmbeddedChunks]:
        """Return the same in up to so many parts alike, of which the first tells what all of it has taken."""
        size = -(-len(self.chunks) // max(1, min(most, len(self.chunks) // _FEWEST)))
        return [self._part(slice(start, start + size)) for start in range(0, len(self.chunks), size)]

    def _part(self, where: slice) -> EmbeddedChunks:
        whole = self.embeddings
        other = whole.other and OtherVectors(whole.other.model, whole.other.vectors[where])
        usage = EmbeddingUsage() if where.start else whole.usage
        return replace(
            self,
            chunks=self.chunks[where],
            embeddings=Embeddings(whole.vectors[where], usage, whole.model, other),
        )


async def embed(embedder: DocumentEmbedder, chunks: Sequence[Chunk]) -> EmbeddedChunks:
    """Return the chunks with their vectors; what stands in several is embedded once.

    Raises `ModelError` when none has any.
    """
    new = list({chunk.digest: chunk for chunk in chunks}.values())
    try:
        embedded = await embedder.embed_documents([chunk.embedded_text for chunk in new]) if new else _NOTHING
    except PartlyEmbedded as error:
        found = Embeddings(list(error.vectors.values()), error.usage, error.model)
        return _of_each(chunks, [new[place] for place in error.vectors], found, error.failure)
    return _of_each(chunks, new, embedded)


def _of_each(
    chunks: Sequence[Chunk], new: Sequence[Chunk], found: Embeddings, failure: ModelError | None = None
) -> EmbeddedChunks:
    """Give each chunk the vector of the one among the new that has its content; leave out what has none."""
    place = {chunk.digest: number for number, chunk in enumerate(new)}
    there = [chunk for chunk in chunks if chunk.digest in place]

    def of(vectors: Sequence[Vector]) -> list[Vector]:
        return [vectors[place[chunk.digest]] for chunk in there]

    other = found.other and OtherVectors(found.other.model, of(found.other.vectors))
    return EmbeddedChunks(there, replace(found, vectors=of(found.vectors), other=other), failure)


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
        if space.other is None:
            return replace(embedded, model=space.model)
        vectors, usage = await self._beside(space.other, texts)
        return Embeddings(embedded.vectors, embedded.usage + usage, space.model, vectors)

    async def _beside(self, model: str, texts: Sequence[str]) -> tuple[OtherVectors | None, EmbeddingUsage]:
        try:
            embedded = await self._embedder_of(model).embed_documents(texts)
        except ModelError as error:
            _logger.warning("%s did not embed new chunks: %s", model, error.message)
            return None, error.usage if isinstance(error, PartlyEmbedded) else EmbeddingUsage()
        return OtherVectors(model, embedded.vectors), embedded.usage
