"""An embedding model of any provider."""

from __future__ import annotations

import asyncio
import base64
import math
import random
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Literal

from sluice.adapters.llm import failures, library
from sluice.domain import EmbeddingUsage, Vector
from sluice.errors import ModelError, ModelRateLimited, ModelUnavailable
from sluice.ports import Embeddings

Purpose = Literal["query", "document"]

LONGEST_WAIT = 20.0
"""Seconds; a provider that asks for a longer wait is left alone and the caller told."""

LONGEST_VECTOR = 4_000
"""Numbers; pgvector's index takes no more in half precision. What a longer vector has beyond them says the least."""

INPUT_TYPES: Mapping[str, Mapping[Purpose, str]] = {
    "cohere": {"query": "search_query", "document": "search_document"},
    "bedrock/cohere": {"query": "search_query", "document": "search_document"},
    "voyage": {"query": "query", "document": "document"},
}
"""Models, by the beginning of their name, that embed questions and documents differently and want to be told which."""

IN_BYTES = ("openai/", "azure/")
"""Models that are asked for the bytes of a vector in base 64, as OpenAI's own clients ask: a third of the answer, and a
small part of the time to read it. What comes as numbers all the same is read as such."""


class LiteLLMEmbedder:
    """Embeds texts with `model`, a LiteLLM name such as `openai/text-embedding-3-small` or `offline/static`.

    Sends `batch` texts a request and, of documents, up to `concurrency` requests at once, whoever asks; each may take
    `timeout` seconds and is tried `attempts` times. `options` go to LiteLLM with every call, for example `api_base` or
    `dimensions`.
    """

    def __init__(
        self,
        model: str,
        *,
        batch: int = 64,
        concurrency: int = 4,
        timeout: float = 30.0,
        attempts: int = 3,
        options: Mapping[str, Any] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._model = model
        self._batch = batch
        self._places = asyncio.Semaphore(concurrency)
        self._timeout = timeout
        self._attempts = attempts
        self._options = dict(options or {})
        self._sleep = sleep

    @property
    def model(self) -> str:
        return self._model

    def load(self) -> None:
        """Import LiteLLM; blocks for seconds, so run it in a thread."""
        library.load()

    def prime(self) -> None:
        """Do ahead what a first call does once; blocks for seconds, so run it in a thread."""
        library.prime(self._model, embeds=True)

    async def dimension(self) -> int:
        """Return the length of the model's vectors, found by embedding one short text; raise `ModelError`."""
        return len((await self.embed(["dimension"], purpose="document"))[0])

    async def embed(self, texts: Sequence[str], *, purpose: Purpose) -> list[Vector]:
        """Return one unit vector per text, in order; raise `ModelError`."""
        return (await self._embed_all(texts, purpose)).vectors

    async def embed_query(self, text: str) -> Embeddings:
        """Return the unit vector of what is searched for, and what it took, which is not priced; raise `ModelError`."""
        return await self._embed_all([text], "query")

    async def embed_documents(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order, and what they took; raise `ModelError`."""
        return await self._embed_all(texts, "document")

    async def _embed_all(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        batches = [texts[start : start + self._batch] for start in range(0, len(texts), self._batch)]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embed_in_turn(batch, purpose)) for batch in batches]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        results = [task.result() for task in tasks]
        vectors = [vector for result in results for vector in result.vectors]
        if len({len(vector) for vector in vectors}) > 1:
            raise ModelError(f"The model {self._model} returned vectors of different lengths.")
        tokens, cost = sum(it.usage.tokens for it in results), sum(it.usage.cost for it in results)
        return Embeddings(vectors, EmbeddingUsage(tokens, cost))

    async def _embed_in_turn(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        # A question is one text that somebody waits for: it does not queue behind documents.
        async with self._places if purpose == "document" else nullcontext():
            return await self._retry(texts, purpose)

    async def _retry(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        for attempt in range(1, self._attempts + 1):
            try:
                return await self._call(texts, purpose)
            except (ModelRateLimited, ModelUnavailable) as error:
                wait = failures.retry_after(error.__cause__) or _backoff(attempt)
                if attempt == self._attempts or wait > LONGEST_WAIT:
                    raise
            await self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _call(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        litellm = await library.loaded()
        options = {"model": self._model, "input": list(texts), "max_retries": 0, **self._form(purpose), **self._options}
        if purpose == "query":  # somebody waits for it
            options = library.unrecorded("aembedding", options)
        try:
            async with asyncio.timeout(self._timeout):
                response = await litellm.aembedding(**options)
        except Exception as error:
            raise failures.translate(error, self._model) from error
        return Embeddings(self._vectors(response.data, len(texts)), _usage(response))

    def _form(self, purpose: Purpose) -> dict[str, str]:
        if self._model.startswith(IN_BYTES):
            return {"encoding_format": "base64"}
        for prefix, types in INPUT_TYPES.items():
            if self._model.startswith(prefix):
                return {"input_type": types[purpose]}
        return {}

    def _vectors(self, data: Sequence[Any], expected: int) -> list[Vector]:
        if len(data) != expected:
            raise ModelError(f"The model {self._model} returned {len(data)} vectors for {expected} texts.")
        return [
            self._unit(self._numbers(item["embedding"])[:LONGEST_VECTOR])
            for item in sorted(data, key=lambda item: int(item["index"]))
        ]

    def _numbers(self, embedding: Vector | str) -> Vector:
        """Return the numbers of a vector that may have come as bytes: in single precision, little-endian."""
        if not isinstance(embedding, str):
            return embedding
        try:
            packed = base64.b64decode(embedding, validate=True)
            return list(struct.unpack(f"<{len(packed) // 4}f", packed))
        except (ValueError, struct.error) as error:
            raise ModelError(f"The model {self._model} returned a vector that can't be read.") from error

    def _unit(self, vector: Vector) -> Vector:
        length = math.hypot(*vector)
        if not 0 < length < math.inf:
            raise ModelError(f"The model {self._model} returned a vector that has no direction.")
        return [value / length for value in vector]


def _usage(response: Any) -> EmbeddingUsage:
    """Return what the provider counted and LiteLLM's price list makes of it; nothing where either is silent."""
    tokens = getattr(getattr(response, "usage", None), "prompt_tokens", None)
    cost = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
    return EmbeddingUsage(int(tokens or 0), float(cost or 0.0))


def _backoff(attempt: int) -> float:
    """Seconds to wait: doubling, with full jitter, so that environments that failed together do not return together."""
    return random.uniform(0.0, 0.5 * 2**attempt)  # noqa: S311 - spreads load, guards nothing
