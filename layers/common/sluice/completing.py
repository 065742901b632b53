"""A model's whole answer to a small task beside the conversation, such as a title or a query."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from sluice import tokens
from sluice.domain import Usage
from sluice.ports import ChatModel, Delta, Finish, PromptMessage, TextDelta

Book = Callable[[str, Usage], Awaitable[None]]
"""Books what a call of the model of this name took."""


async def complete(model: ChatModel, prompt: Sequence[PromptMessage], *, characters: int, book: Book) -> str:
    """Return the answer, cut where it is longer than `characters`; raise `ModelError`.

    What it took is booked however it ends: as the model counted it, or estimated where it did not come to that.
    """
    said: list[str] = []
    counted: Usage | None = None
    try:
        async with aclosing(model.stream(prompt)) as deltas:
            counted = await _listen(deltas, said, characters)
    finally:
        await book(model.name, counted or _estimate(prompt, "".join(said)))
    return "".join(said)[:characters]


async def _listen(deltas: AsyncGenerator[Delta, None], said: list[str], characters: int) -> Usage | None:
    async for delta in deltas:
        if isinstance(delta, Finish):
            return delta.usage if delta.usage.tokens else None
        if isinstance(delta, TextDelta):
            said.append(delta.text)
            if sum(map(len, said)) > characters:
                return None
    return None


def _estimate(prompt: Sequence[PromptMessage], text: str) -> Usage:
    return Usage(sum(tokens.estimate(message.content) for message in prompt), tokens.estimate(text))
