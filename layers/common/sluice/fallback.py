"""One chat model made of several: the next one is asked while nothing was said yet, and never after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal, TypeVar

from sluice.errors import AnswerCutOff, AnswerRefused, ModelError, ModelUnavailable
from sluice.ports import Delta, LoadedChatModel, NextAttempt, PromptMessage

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a person waits, in seconds: for the first text, between two pieces of it, and before a second try."""

    first_token: float = 30.0
    between_tokens: float = 20.0
    retry_pause: float = 0.3
    longest_pause: float = 2.0


class ModelTooSlow(ModelUnavailable):
    """The model did not begin to answer in time; try again in a moment."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    model: LoadedChatModel
    override: str | None
    state: Literal["retrying", "fallback"]

    @property
    def name(self) -> str:
        return self.override or self.model.name


class FallbackChat:
    """A `ChatModel` that asks `models` in their order, each twice when its error may pass.

    A model that was too slow is not asked again, nor is any other after a refusal: another model would only be a way
    around it. A request's own `model` goes to the first of them, the others stand behind it.
    """

    def __init__(self, models: Sequence[LoadedChatModel], patience: Patience | None = None) -> None:
        self._models = models
        self._patience = patience or Patience()

    @property
    def name(self) -> str:
        return self._models[0].name

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return the smallest of the models', since the prompt is the same for all."""
        first, *others = self._models
        sizes = [await first.context_tokens(model), *[await other.context_tokens() for other in others]]
        return min((size for size in sizes if size is not None), default=None)

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Yield the first answer that begins; raise the last error when none does.

        After the first text every error is the answer's own; a silence longer than `between_tokens` is `AnswerCutOff`.
        """
        failure: ModelError | None = None
        for attempt in self._attempts(model):
            if failure is not None:
                if attempt.state == "retrying" and not await self._may_pass(failure):
                    continue
                yield NextAttempt(attempt.state, attempt.name, failure.code)
            has_begun = False
            try:
                async with aclosing(self._ask(attempt, messages)) as deltas:
                    async for delta in deltas:
                        has_begun = True
                        yield delta
                return
            except ModelError as error:
                if has_begun or isinstance(error, AnswerRefused):
                    raise
                failure = error
        assert failure is not None  # noqa: S101 # there is at least one model, and it did not return
        raise failure

    def _attempts(self, model: str | None) -> Iterator[_Attempt]:
        for index, each in enumerate(self._models):
            override = model if index == 0 else None
            if index > 0 and each.name == model:
                continue
            yield _Attempt(each, override, "fallback")
            yield _Attempt(each, override, "retrying")

    async def _may_pass(self, failure: ModelError) -> bool:
        """Whether the same model may do better now; wait as long as it asked for, unless that is too long."""
        pause = failure.retry_after or self._patience.retry_pause
        if not failure.retryable or isinstance(failure, ModelTooSlow) or pause > self._patience.longest_pause:
            return False
        await asyncio.sleep(pause)
        return True

    async def _ask(self, attempt: _Attempt, messages: Sequence[PromptMessage]) -> AsyncGenerator[Delta, None]:
        slow: ModelError = ModelTooSlow()
        seconds = self._patience.first_token
        await attempt.model.ready(attempt.override)  # importing its library takes seconds, which are not the model's
        async with aclosing(attempt.model.stream(messages, model=attempt.override)) as deltas:
            while (delta := await _within(seconds, anext(deltas, None), slow)) is not None:
                yield delta
                seconds, slow = self._patience.between_tokens, AnswerCutOff()


async def _within(seconds: float, awaitable: Awaitable[Result], slow: ModelError) -> Result:
    try:
        async with asyncio.timeout(seconds):
            return await awaitable
    except TimeoutError as error:
        raise slow from error
