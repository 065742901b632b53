"""Chat models that stand before another one, and change what goes in or comes out."""

from __future__ import annotations

from sluice.ports import ChatModel


class DecoratedModel:
    """The part of a decorator that changes nothing; `stream` is what each of them adds."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return what the model behind it says."""
        return await self._model.context_tokens(model)
