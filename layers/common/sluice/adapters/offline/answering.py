"""An answerer that writes nothing of its own: it quotes the sentences that fit the question best."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from sluice import prompting
from sluice.domain import Usage
from sluice.errors import ModelRejected
from sluice.ports import Finish, PromptMessage, TextDelta

NAME = "offline/extractive"

NOTICE = "No language model is configured; these are quotes from the passages that fit best."
ABSTENTION = "I don't know: no passage answers it. (No language model is configured; this is a search for quotes.)"


class OfflineChat:
    """Quotes up to three sentences of the prompt's passages, each with its number, or says that none fits."""

    def __init__(self, model: str = NAME) -> None:
        if model != NAME:
            raise ModelRejected(f"There is no offline chat model {model}; use {NAME}.")

    @property
    def name(self) -> str:
        return NAME

    async def context_tokens(self, model: str | None = None) -> None:  # noqa: ARG002 - its context has no end
        """Return None: there is no limit."""

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        """Yield the answer word by word, then its end; usage counts words."""
        text = _answer(*prompting.read(messages))
        words = re.findall(r"\S+\s*", text)
        for word in words:
            yield TextDelta(word)
            await asyncio.sleep(0)
        yield Finish("stop", Usage(sum(len(message.content.split()) for message in messages), len(words)))


def _answer(question: str, passages: Sequence[prompting.NumberedPassage]) -> str:
    asked = set(re.findall(r"\w{3,}", question.lower()))
    scored = sorted(_scores(asked, passages), reverse=True)[:3]
    quotes = [f"“{sentence}” [{number}]" for score, number, sentence in scored if score >= 0.5]
    return f"{' '.join(quotes)}\n\n{NOTICE}" if quotes else ABSTENTION


def _scores(asked: set[str], passages: Sequence[prompting.NumberedPassage]) -> Iterator[tuple[float, int, str]]:
    for passage in passages:
        for sentence in re.split(r"(?<=[.!?。！？])\s+", passage.content):
            found = asked & set(re.findall(r"\w{3,}", sentence.lower()))
            yield len(found) / max(1, len(asked)), passage.id, sentence
