"""Where an application wants an answer to end: after so many tokens, or before a text of its choice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from math import inf

from sluice import tokens
from sluice.decorating import DecoratedModel
from sluice.domain import Usage
from sluice.ports import ChatModel, Delta, Finish, NextAttempt, PromptMessage, TextDelta
from sluice.question import Terms


@dataclass(frozen=True, slots=True)
class Bounds:
    """`most_tokens` are estimated, rather too many than too few; what ends an answer is no part of it."""

    most_tokens: int | None = None
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounded:
    """Other terms, under which the answer ends at these bounds."""

    terms: Terms
    bounds: Bounds

    async def ask(self) -> None:
        await self.terms.ask()

    def through(self, model: ChatModel) -> ChatModel:
        return BoundedModel(self.terms.through(model), self.bounds)

    async def book(self, model: str, usage: Usage) -> None:
        await self.terms.book(model, usage)


class BoundedModel(DecoratedModel):
    """A chat model that is hung up on where its answer reaches a bound."""

    def __init__(self, model: ChatModel, bounds: Bounds) -> None:
        super().__init__(model)
        self._bounds = bounds

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Yield the answer up to its bound, with the finish reason `length` or `stop` there."""
        said = _Said(self._bounds)
        async with aclosing(self._model.stream(messages, model=model)) as deltas:
            async for delta in deltas:
                if isinstance(delta, NextAttempt):
                    yield delta
                    continue
                text = said.add(delta.text) if isinstance(delta, TextDelta) else said.end()
                if text:
                    yield TextDelta(text)
                if said.ended_by or isinstance(delta, Finish):
                    yield Finish(said.ended_by, Usage()) if said.ended_by else delta
                    return


class _Said:
    """What was said of an answer; `ended_by` is the finish reason of the bound that it has reached."""

    def __init__(self, bounds: Bounds) -> None:
        self._stops = bounds.stops
        self._room = inf if bounds.most_tokens is None else bounds.most_tokens * tokens.BYTES_PER_TOKEN
        self._held = ""
        self.ended_by = ""

    def add(self, text: str) -> str:
        """Return what of the text is settled; hold back what may be the beginning of a stop."""
        text = self._held + text
        found = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            self._held, self.ended_by = "", "stop"
            return self._fit(text[: min(found)])
        cut = len(text) - self._unsettled(text)
        self._held = text[cut:]
        return self._fit(text[:cut])

    def end(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return self._fit(held)

    def _unsettled(self, text: str) -> int:
        """Return the length of the longest end of the text that begins a stop."""
        sizes = [size for stop in self._stops for size in range(1, len(stop)) if text.endswith(stop[:size])]
        return max(sizes, default=0)

    def _fit(self, text: str) -> str:
        encoded = text.encode("utf-8", "replace")
        if len(encoded) > self._room:
            self.ended_by = "length"
            encoded = encoded[: int(self._room)]
        self._room -= len(encoded)
        return encoded.decode("utf-8", "ignore")
