"""Models for tests: one that plays what it is told, one whose vectors follow from the words alone."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
import re
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Literal

from sluice.domain import EmbeddingUsage, Usage, Vector
from sluice.ports import Delta, Embeddings, Finish, NextAttempt, PromptMessage, TextDelta

Step = str | Finish | NextAttempt | Exception | asyncio.Event
"""What is said, an error to raise, or an event to wait for, so that a test decides when to go on."""

STOP = Finish("stop", Usage(prompt_tokens=10, completion_tokens=5))


class ScriptedModel:
    """Plays the answers it was given, in order, and records what it was asked.

    `prompts` and `models` hold one entry per call; `closed` counts the answers that were closed before their end.
    Nothing is played before the event `loading`, where there is one, is set.
    """

    def __init__(self, name: str = "scripted") -> None:
        self._name = name
        self._answers: deque[Iterable[Step]] = deque()
        self.prompts: list[list[PromptMessage]] = []
        self.models: list[str | None] = []
        self.closed = 0
        self.context: int | None = None
        self.loading: asyncio.Event | None = None

    @property
    def name(self) -> str:
        return self._name

    def enqueue(self, *steps: Step) -> None:
        """Add one answer; it ends with `STOP` unless its last step is another `Finish` or an error."""
        ended = steps and isinstance(steps[-1], Finish | Exception)
        self._answers.append(steps if ended else (*steps, STOP))

    def play(self, steps: Iterator[str]) -> None:
        """Add one answer whose pieces are made when they are said."""
        self._answers.append(itertools.chain(steps, [STOP]))

    async def ready(self, model: str | None = None) -> None:
        if self.loading:
            await self.loading.wait()

    async def context_tokens(self, model: str | None = None) -> int | None:
        return self.context

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Play the next answer; `AssertionError` when there is none left."""
        self.prompts.append(list(messages))
        self.models.append(model)
        if not self._answers:
            raise AssertionError("the scripted model was asked once more than it has answers; enqueue() another")
        await self.ready()
        try:
            for step in self._answers.popleft():
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield TextDelta(step) if isinstance(step, str) else step
        except (GeneratorExit, asyncio.CancelledError):
            self.closed += 1
            raise


class HashEmbedder:
    """Unit vectors from hashed words: texts that share words are near each other, always and everywhere the same.

    `texts` and `purposes` record what was embedded, one entry per text; an error in `failures` is raised by the call
    that meets it.
    """

    def __init__(self, dimension: int = 32, model: str = "test/hash") -> None:
        self._dimension = dimension
        self._model = model
        self.texts: list[str] = []
        self.purposes: list[str] = []
        self.failures: deque[Exception | None] = deque()

    @property
    def model(self) -> str:
        return self._model

    def fail_after(self, calls: int, error: Exception) -> None:
        """Let so many calls succeed and the next one fail."""
        self.failures.extend([*[None] * calls, error])

    async def dimension(self) -> int:
        return self._dimension

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "document"]) -> list[Vector]:
        """Return one unit vector per text."""
        if self.failures and (failure := self.failures.popleft()):
            raise failure
        self.texts.extend(texts)
        self.purposes.extend([purpose] * len(texts))
        return [_unit(self._count(re.findall(r"\w+", text.lower()))) for text in texts]

    async def embed_query(self, text: str) -> Embeddings:
        """Return the unit vector of a query, which takes what a document would."""
        return Embeddings(await self.embed([text], purpose="query"), _taken([text]))

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text; each word is a token, and a million of them cost a dollar."""
        return Embeddings(await self.embed(texts, purpose="document"), _taken(texts))

    def _count(self, words: Iterable[str]) -> Vector:
        counts = [0.0] * self._dimension
        for word in words:
            counts[int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest()) % self._dimension] += 1.0
        return counts


def _unit(vector: Vector) -> Vector:
    """A text without words gets the first axis: pgvector's cosine distance to a zero vector is not a number."""
    length = math.hypot(*vector)
    return [value / length for value in vector] if length else [1.0] + [0.0] * (len(vector) - 1)


def _taken(texts: Sequence[str]) -> EmbeddingUsage:
    tokens = sum(len(text.split()) for text in texts)
    return EmbeddingUsage(tokens, tokens / 1_000_000)
