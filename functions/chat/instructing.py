"""Instructions of the application that asks, which its protocol sends along with the question."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from sluice.decorating import DecoratedModel
from sluice.domain import Usage
from sluice.ports import ChatModel, Delta, PromptMessage
from sluice.question import Terms


@dataclass(frozen=True, slots=True)
class Instructed:
    """Other terms, under which the model is given these instructions after our own."""

    terms: Terms
    instructions: str

    async def ask(self) -> None:
        await self.terms.ask()

    def through(self, model: ChatModel) -> ChatModel:
        return InstructedModel(self.terms.through(model), self.instructions)

    async def book(self, model: str, usage: Usage) -> None:
        await self.terms.book(model, usage)


class InstructedModel(DecoratedModel):
    """A chat model whose system message says more."""

    def __init__(self, model: ChatModel, instructions: str) -> None:
        super().__init__(model)
        self._instructions = instructions

    def stream(self, messages: Sequence[PromptMessage], *, model: str | None = None) -> AsyncGenerator[Delta, None]:
        """Stream the answer to the messages with the instructions in them."""
        first, *others = messages
        if first.role == "system":
            told = [replace(first, content=f"{first.content}\n\n{self._instructions}"), *others]
        else:
            told = [PromptMessage("system", self._instructions), *messages]
        return self._model.stream(told, model=model)
