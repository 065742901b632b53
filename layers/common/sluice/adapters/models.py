"""Models by name: `offline/...` is answered here, and every other name by LiteLLM, which only then is loaded."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from sluice.adapters.llm import LiteLLMChat, LiteLLMEmbedder
from sluice.adapters.offline import OfflineChat, OfflineEmbedder
from sluice.ports import ChatModel, Delta, PromptMessage

OFFLINE = "offline/"


class ChatByName:
    """The `ChatModel` of a name; each call may give another one. `timeout` and `options` are those of `LiteLLMChat`."""

    def __init__(self, model: str, *, timeout: float = 30.0, options: Mapping[str, Any] | None = None) -> None:
        self._model = model
        self._offline = OfflineChat()
        self._others = LiteLLMChat(model, timeout=timeout, options=options)

    @property
    def name(self) -> str:
        return self._model

    @property
    def is_offline(self) -> bool:
        """Whether the model has no words of its own, but quotes documents."""
        return self._model.startswith(OFFLINE)

    def load(self) -> None:
        """Import the model's library; blocks for seconds, so run it in a thread."""
        if not self.is_offline:
            self._others.load()

    def prime(self) -> None:
        """Do ahead what a first answer does once; blocks for seconds, so run it in a thread."""
        if not self.is_offline:
            self._others.prime()

    async def ready(self, model: str | None = None) -> None:
        """Return once the model's library is imported; at once where it has none."""
        if not (model or self._model).startswith(OFFLINE):
            await self._others.ready()

    async def context_tokens(self, model: str | None = None) -> int | None:
        """Return the size of the model's context; None where it is not known or has no end."""
        name = model or self._model
        return await self._chosen(name).context_tokens(name)

    def stream(self, messages: Sequence[PromptMessage], *, model: str | None = None) -> AsyncGenerator[Delta, None]:
        """Yield the answer as it is made, then one `Finish`; raise `ModelError`."""
        name = model or self._model
        return self._chosen(name).stream(messages, model=name)

    def _chosen(self, name: str) -> ChatModel:
        return self._offline if name.startswith(OFFLINE) else self._others


def embedder(model: str, *, batch: int = 64, timeout: float = 30.0) -> OfflineEmbedder | LiteLLMEmbedder:
    """Return the embedder of a name; raise `ModelRejected` for an offline one that does not exist."""
    if model.startswith(OFFLINE):
        return OfflineEmbedder(model)
    return LiteLLMEmbedder(model, batch=batch, timeout=timeout)
