"""A chat model of any provider."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from types import ModuleType
from typing import Any

from sluice.adapters.llm import catalogue, failures, library
from sluice.adapters.llm.direct import Calls
from sluice.domain import Usage
from sluice.errors import AnswerCutOff, AnswerEmpty, AnswerRefused, ModelError
from sluice.ports import Finish, PromptMessage, TextDelta

OPENAI = "openai"
"""LiteLLM's name of the provider, and of everybody else's server that speaks its protocol."""


class LiteLLMChat:
    """Streams answers of `model`, a LiteLLM name such as `openai/gpt-5`, `bedrock/...` or `offline/extractive`.

    `timeout` bounds, in seconds, the wait for the first chunk and then for each next one. `options` go to LiteLLM with
    every call, for example `api_base`.
    """

    def __init__(self, model: str, *, timeout: float = 30.0, options: Mapping[str, Any] | None = None) -> None:
        self._model = model
        self._timeout = timeout
        self._options = dict(options or {})
        self._complete = Calls("acompletion")

    @property
    def name(self) -> str:
        return self._model

    def load(self) -> None:
        """Import LiteLLM; blocks for seconds, so run it in a thread."""
        library.load()

    def prime(self) -> None:
        """Do ahead what a first answer does once; blocks for seconds, so run it in a thread."""
        catalogue.entry(self._model)
        library.prime(self._model)
        if self._model.startswith(f"{OPENAI}/"):
            _openai_chunks()

    async def ready(self, model: str | None = None) -> None:  # noqa: ARG002 - one library serves all models
        """Return once LiteLLM is imported."""
        await library.loaded()

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return the size of the model's context as LiteLLM's list has it; None for a model that it lacks."""
        known = catalogue.entry(model or self._model) or {}
        size: int | None = known.get("max_input_tokens") or known.get("max_tokens")
        return size

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        """Yield the answer as it is made, then one `Finish`.

        Raises `AnswerCutOff` when the upstream ends without a finish reason or fails after the first text,
        `AnswerEmpty` when it ends in order but without text, and other `ModelError`s before that.
        """
        name = model or self._model
        await library.loaded()  # which takes seconds that are not the model's
        deadline = self._deadline()
        upstream = await _within(deadline, self._open(name, messages), name)
        if upstream.custom_llm_provider == OPENAI:
            upstream = _openai_chunks().bare(upstream)
        answer = _Answer()
        try:
            while (chunk := await answer.guard(_within(deadline, anext(upstream, None), name))) is not None:
                if text := answer.add(chunk):
                    yield TextDelta(text)
                deadline = self._deadline()
            yield answer.finish(upstream.received_finish_reason)
        finally:
            await upstream.aclose()

    def _open(self, model: str, messages: Sequence[PromptMessage]) -> Awaitable[Any]:
        options = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_retries": 0,  # the provider's client would retry unseen, while a person waits
            **self._options,
        }
        return self._complete(options)

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout


class _Answer:
    """What has arrived of one answer."""

    def __init__(self) -> None:
        self._begun = False
        self._reason = "stop"
        self._usage = Usage()

    def add(self, chunk: Any) -> str:
        """Take in one chunk of LiteLLM's and return its text."""
        if usage := getattr(chunk, "usage", None):
            self._usage = Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._reason = choice.finish_reason or self._reason
        content = choice.delta.content
        text = content if isinstance(content, str) else ""  # some servers put what is no text there too
        self._begun = self._begun or bool(text)
        return text

    async def guard(self, chunk: Awaitable[Any]) -> Any:
        """Await the next chunk; an upstream that fails after the first text has cut the answer off.

        Whatever it says then, it had taken the request, its model and its key; only a refusal stays one.
        """
        try:
            return await chunk
        except AnswerRefused:
            raise
        except ModelError as error:
            raise (AnswerCutOff() if self._begun else error) from error.__cause__

    def finish(self, received: str | None) -> Finish:
        """Return the end; for a stream that just ended LiteLLM reports `stop`, but has `received` nothing."""
        if received is None:
            raise AnswerCutOff
        # OpenAI can decline in a field of its own, which LiteLLM drops; what is left looks like an ordinary end.
        if self._reason == "stop" and not self._begun:
            raise AnswerEmpty
        return Finish(self._reason, self._usage)


def _openai_chunks() -> ModuleType:
    """Import what other providers' answers do without; it imports LiteLLM."""
    return importlib.import_module("sluice.adapters.llm.openai_chunks")


async def _within(deadline: float, awaitable: Awaitable[Any], model: str) -> Any:
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            return await awaitable
    except Exception as error:
        raise failures.translate(error, model) from error
