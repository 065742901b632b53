"""An answerer that writes nothing of its own: it quotes the sentences that fit the question best."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

from sluice import prompting
from sluice.adapters.offline import quoting
from sluice.domain import Usage
from sluice.errors import ModelRejected
from sluice.ports import Finish, PromptMessage, TextDelta

NAME = "offline/extractive"

NOTICE = "No language model is configured; these are quotes from the passages that fit best."
ABSTENTION = "I don't know: no passage answers it. No language model is configured; I can only quote your documents."


class OfflineChat:
    """Quotes up to three sentences of the prompt's passages, each with its number, or says that none fits."""

    def __init__(self, model: str = NAME) -> None:
        _check(model)

    @property
    def name(self) -> str:
        return NAME

    async def context_tokens(self, model: str | None = None) -> None:
        """Return None: there is no limit."""

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        """Yield the answer word by word, then its end. Usage counts words."""
        _check(model or NAME)
        text = await asyncio.to_thread(answer, messages)
        words = re.findall(r"\S+\s*", text)
        for word in words:
            yield TextDelta(word)
            await asyncio.sleep(0)  # each word is a chunk of its own, as from any model
        yield Finish("stop", Usage(sum(len(message.content.split()) for message in messages), len(words)))


def answer(messages: Sequence[PromptMessage]) -> str:
    """Return the whole answer to a prompt."""
    quotes = quoting.best(*prompting.read(messages))
    if not quotes:
        return ABSTENTION
    return "\n\n".join([*(f"“{quote.text}” [{quote.id}]" for quote in quotes), NOTICE])


def _check(model: str) -> None:
    if model != NAME:
        raise ModelRejected(f"There is no offline chat model {model}; use {NAME}.")
