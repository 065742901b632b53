"""An embedding model of any provider."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from sluice.adapters.llm import embedding_providers, embedding_vectors, failures, library
from sluice.adapters.llm.direct import Calls
from sluice.adapters.llm.embedding_providers import Purpose
from sluice.domain import EmbeddingUsage, Vector
from sluice.errors import ContextTooLong, ModelError, ModelRateLimited, ModelRejected, ModelUnavailable
from sluice.ports import Embeddings, PartlyEmbedded

LONGEST_WAIT = 20.0
"""Seconds; a provider that asks for a longer wait is left alone and the caller told."""

SHORTEST_TEXT = 100
"""Characters; a text that is refused as too long is halved down to this, and by then something else is wrong."""


class LiteLLMEmbedder:
    """Embeds texts with `model`, a LiteLLM name such as `openai/text-embedding-3-small` or `offline/static`.

    Sends up to `batch` texts a request, fewer where the provider takes no more, and, of documents, up to `concurrency`
    requests at once, whoever asks; each may take `timeout` seconds and is tried `attempts` times. `options` go to
    LiteLLM with every call, for example `api_base` or `dimensions`.
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
        self._provider = embedding_providers.provider_of(model)
        self._batch = batch
        self._places = asyncio.Semaphore(concurrency)
        self._timeout = timeout
        self._attempts = attempts
        self._options = dict(options or {})
        self._sleep = sleep
        self._embed_question = Calls("aembedding")

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
        """Return one unit vector per text, in order, and what they took; raise `ModelError`, also `PartlyEmbedded`."""
        return await self._embed_all(texts, "document")

    async def _embed_all(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        run = _Run(self.model, dict(enumerate(texts)))
        parts = embedding_providers.requests(texts, self._provider, most=self._batch)
        await asyncio.gather(*(self._embed_in_turn(run, list(part), purpose) for part in parts))
        return run.result()

    async def _embed_in_turn(self, run: _Run, places: Sequence[int], purpose: Purpose) -> None:
        # A question is one text that somebody waits for: it does not queue behind documents.
        async with self._places if purpose == "document" else nullcontext():
            # What another request failed of, this one would too; what is under way is paid for and goes on.
            if run.failure is None:
                try:
                    await self._embed_part(run, places, purpose)
                except ModelError as error:
                    run.failure = run.failure or error

    async def _embed_part(self, run: _Run, places: Sequence[int], purpose: Purpose) -> None:
        """Embed these texts; where the provider refuses them for what they are, find out which, with smaller requests.

        Ends with the first text that can't be embedded in any length, so that few requests follow a hopeless one.
        """
        try:
            run.add(places, await self._retry([run.texts[place] for place in places], purpose))
        except ModelError as error:
            if not failures.is_about_texts(error):
                raise
            if len(places) == 1:
                return await self._embed_shortened(run, places[0], purpose, error)
            half = len(places) // 2
            await self._embed_part(run, places[:half], purpose)
            await self._embed_part(run, places[half:], purpose)

    async def _embed_shortened(self, run: _Run, place: int, purpose: Purpose, error: ModelError) -> None:
        """Embed as much of the beginning of a text as the model takes, as most providers do unasked."""
        text = run.texts[place]
        while len(text) >= 2 * SHORTEST_TEXT:
            text = text[: len(text) // 2]
            try:
                return run.add([place], await self._retry([text], purpose))
            except ModelError as again:
                if not failures.is_about_texts(again):
                    raise
        raise _refused(self._model) if isinstance(error, ContextTooLong) else error

    async def _retry(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        for attempt in range(1, self._attempts + 1):
            try:
                return await self._call(texts, purpose)
            except (ModelRateLimited, ModelUnavailable) as error:
                advice = error.retry_after
                if attempt == self._attempts or (advice or 0.0) > LONGEST_WAIT:
                    raise
            await self._sleep(_spread(advice) if advice else _backoff(attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _call(self, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        litellm = await library.loaded()
        given = [text[: self._provider.characters] for text in texts]
        options = {"model": self._model, "input": given, "max_retries": 0, **self._form(purpose), **self._options}
        try:
            async with asyncio.timeout(self._timeout):
                # For a question somebody waits; what documents took is priced by LiteLLM.
                embed = self._embed_question(options) if purpose == "query" else litellm.aembedding(**options)
                response = await embed
        except Exception as error:
            raise failures.translate(error, self._model) from error
        vectors = embedding_vectors.read(getattr(response, "data", None), len(texts), model=self._model)
        return Embeddings(vectors, _usage(response))

    def _form(self, purpose: Purpose) -> dict[str, str]:
        if self._provider.in_bytes:
            return {"encoding_format": "base64"}
        return {"input_type": kind} if (kind := self._provider.input_types.get(purpose)) else {}


class _Run:
    """What is to be embedded at once, and what has come of it so far."""

    def __init__(self, model: str, texts: Mapping[int, str]) -> None:
        self.texts = texts
        self.failure: ModelError | None = None
        self._model = model
        self._vectors: dict[int, Vector] = {}
        self._usage = EmbeddingUsage()

    def add(self, places: Sequence[int], embedded: Embeddings) -> None:
        self._vectors |= zip(places, embedded.vectors, strict=True)
        self._usage += embedded.usage

    def result(self) -> Embeddings:
        """Return all vectors; raise `PartlyEmbedded` when some are missing, or the failure itself when all are."""
        if len({len(vector) for vector in self._vectors.values()}) > 1:
            raise ModelError(f"The model {self._model} returned vectors of different lengths.")
        if self.failure and self._vectors:
            raise PartlyEmbedded(self.failure, self._vectors, self._usage, self._model) from self.failure
        if self.failure:
            raise self.failure
        return Embeddings([self._vectors[place] for place in self.texts], self._usage)


def _usage(response: Any) -> EmbeddingUsage:
    """Return what the provider counted and LiteLLM's price list makes of it; nothing where either is silent."""
    tokens = getattr(getattr(response, "usage", None), "prompt_tokens", None)
    cost = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
    return EmbeddingUsage(int(tokens or 0), float(cost or 0.0))


def _refused(model: str) -> ModelRejected:
    return ModelRejected(
        f"The model {model} takes no passage of this length, nor of a part; lower SLUICE_CHUNK_CHARACTERS."
    )


def _backoff(attempt: int) -> float:
    """Seconds to wait: doubling, with full jitter, so that environments that failed together do not return together."""
    return random.uniform(0.0, 0.5 * 2**attempt)  # noqa: S311 - spreads load, guards nothing


def _spread(advice: float) -> float:
    """Seconds to wait: what the provider asks for and up to a quarter more, since it asks all alike."""
    return advice * random.uniform(1.0, 1.25)  # noqa: S311 - as above
