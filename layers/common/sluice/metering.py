"""Keeps an answer within what was held for it, while it streams, and settles what it really cost."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from math import ceil

from sluice import tokens
from sluice.decorating import DecoratedModel
from sluice.domain import Usage
from sluice.errors import MoneySpent, SluiceError, TokensSpent
from sluice.ports import ChatModel, Delta, Finish, NextAttempt, PromptMessage, TextDelta
from sluice.spending import Hold, Ledger, Limits, Price, Prices

logger = logging.getLogger(__name__)

BUDGET = "budget"
"""The finish reason of an answer that was ended because its budget was spent."""


@dataclass(slots=True)
class Meter:
    """What one answer has used, and what it may. `hold` is None where nothing is limited.

    `beside` is what was spent on it beside the answer itself, such as on its query.
    """

    ledger: Ledger
    prices: Prices
    limits: Limits
    step_tokens: int
    hold: Hold | None = None
    price: Price = field(default_factory=Price)
    prompt_tokens: int = 0
    completion_tokens: float = 0.0
    counted: Usage | None = None
    beside: Usage = Usage()  # noqa: RUF009 - frozen
    begun: bool = False
    settled: bool = False

    async def begin(self, model: str, messages: Sequence[PromptMessage]) -> None:
        """Weigh the prompt before it is sent; raise `TokensSpent` or `MoneySpent` when it alone is too much."""
        self.begun = True
        self.price = await self.prices.of(model)
        self.prompt_tokens = sum(tokens.estimate(message.content) for message in messages)
        if not await self._fits():
            refusal = self._refusal()
            self.prompt_tokens = 0  # it is not sent
            raise refusal

    async def add(self, text: str) -> bool:
        """Count a piece of the answer before it is sent on; return whether the budget still covers it."""
        self.completion_tokens += len(text.encode("utf-8", "replace")) / tokens.BYTES_PER_TOKEN
        return await self._fits()

    def usage(self) -> Usage:
        """Return what the answer took: as the model counted, or as far as that is known."""
        known = self.counted or Usage(self.prompt_tokens, ceil(self.completion_tokens))
        return self.price.priced(known)

    def spent(self) -> Usage:
        """Return what the answer took, with all that was spent beside it."""
        return self.usage() + self.beside

    async def note(self, model: str, usage: Usage) -> None:
        """Count what another model was used for beside the answer; what has no cost yet is priced."""
        self.beside += usage if usage.cost is not None else (await self.prices.of(model)).priced(usage)

    async def settle(self) -> None:
        """Book what was used and give the rest back, once; a ledger that is away costs the operator, not the reader."""
        if self.settled:
            return
        self.settled = True
        try:
            await self.ledger.settle(self.limits, self.hold, self.spent())
        except SluiceError:
            self.settled = False
            logger.exception("The cost of an answer could not be booked: %s", self.spent())

    async def release(self) -> None:
        """Settle an answer whose model was not asked, and once more one that the ledger was away for."""
        if self.begun or self.hold or self.beside != Usage():
            await self.settle()

    async def _fits(self) -> bool:
        """Whether what was used is within the hold, or the hold could be made larger."""
        if not self._is_covered():
            await self._extend()
        return self._is_covered()

    def _is_covered(self) -> bool:
        used = self.spent()
        return self.hold is None or (used.tokens <= self.hold.tokens and (used.cost or 0.0) <= self.hold.dollars)

    async def _extend(self) -> None:
        assert self.hold is not None  # noqa: S101 - without one everything is covered
        used = self.spent()
        more = max(0, used.tokens - self.hold.tokens) + self.step_tokens
        dollars = max(0.0, (used.cost or 0.0) - self.hold.dollars) + self.step_tokens * self.price.completion
        self.hold = await self.ledger.extend(self.limits, self.hold, tokens=more, dollars=dollars)

    def _refusal(self) -> SluiceError:
        assert self.hold is not None  # noqa: S101 - without one nothing is refused
        is_tokens = self.spent().tokens >= self.hold.tokens
        return TokensSpent() if is_tokens else MoneySpent()


class MeteredModel(DecoratedModel):
    """A chat model whose answer ends when its budget does, with the finish reason `budget`."""

    def __init__(self, model: ChatModel, meter: Meter) -> None:
        super().__init__(model)
        self._meter = meter

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Yield the answer as far as the budget goes; what it took is settled when this ends, however it ends."""
        meter = self._meter
        try:
            await meter.begin(model or self.name, messages)
            async with aclosing(self._model.stream(messages, model=model)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, TextDelta) and not await meter.add(delta.text):
                        yield Finish(BUDGET, meter.usage())
                        return
                    yield await self._note(delta)
        finally:
            await meter.settle()

    async def _note(self, delta: Delta) -> Delta:
        if isinstance(delta, NextAttempt):
            self._meter.price = await self._meter.prices.of(delta.model)
        if isinstance(delta, Finish):
            self._meter.counted = delta.usage if delta.usage.tokens else None
            return replace(delta, usage=self._meter.usage())
        return delta
