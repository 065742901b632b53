"""Language models and embedding models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sluice.domain import (
    EmbeddingUsage,
    Usage,
    Vector,
)
from sluice.errors import ModelError


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt, in the form that every chat API shares."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end that the model itself reported: `stop`, `length`, `content_filter`."""

    reason: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """Nothing was said yet, `reason` (an error's code) ended the attempt, and `model` is asked now."""

    state: Literal["retrying", "fallback"]
    model: str
    reason: str


Delta = TextDelta | Finish | NextAttempt
"""A piece of an answer that is being made."""


class ChatModel(Protocol):
    """A language model."""

    @property
    def name(self) -> str: ...

    def stream(self, messages: Sequence[PromptMessage], *, model: str | None = None) -> AsyncGenerator[Delta, None]:
        """Yield the answer as it is made, then exactly one `Finish`; raise `ModelError` if it can't be finished.

        `model` overrides the configured one. Closing the generator closes the upstream call. A model that is made of
        several yields a `NextAttempt` whenever it asks again, which it does only before the first text.
        """
        ...

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return how many tokens prompt and answer may have together; None where that is not known."""
        ...


class LoadedChatModel(ChatModel, Protocol):
    """A language model whose library may have to be loaded first, for which no clock of an answer should run."""

    async def ready(self, model: str | None = None) -> None:
        """Return once an answer could begin; calls nobody."""
        ...


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def model(self) -> str: ...

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:
        """Return one vector per text, in order; raise `ModelError`."""
        ...

    async def embed_query(self, text: str) -> Embeddings:
        """Return the vector of what is searched for, and what it took; raise `ModelError`."""
        ...


@dataclass(frozen=True, slots=True)
class OtherVectors:
    """The vectors of the same texts by another model, while the embedding model changes."""

    model: str
    vectors: list[Vector]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One unit vector per text, in order, and what they took.

    `model` made them, where that is not the embedder's own; `other` stands beside them.
    """

    vectors: list[Vector]
    usage: EmbeddingUsage
    model: str | None = None
    other: OtherVectors | None = None


class PartlyEmbedded(ModelError):
    """Some texts have vectors, by their place among all, with what they took; `failure` is why the others have none."""

    def __init__(
        self, failure: ModelError, vectors: Mapping[int, Vector], usage: EmbeddingUsage, model: str | None = None
    ) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.vectors = vectors
        self.usage = usage
        self.model = model


class DocumentEmbedder(Protocol):
    """Turns the texts of documents into unit vectors, and counts what that takes."""

    @property
    def model(self) -> str: ...

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one vector per text, in order; raise `ModelError`, which may be `PartlyEmbedded`."""
        ...
