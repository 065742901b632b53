"""The offline models as a LiteLLM provider, so that a setting changes to a real model and no code does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from litellm import CustomLLM

from sluice.adapters.offline import OfflineChat, OfflineEmbedder
from sluice.domain import Usage
from sluice.ports import PromptMessage, TextDelta

NAME = "offline"


class OfflineProvider(CustomLLM):  # type: ignore[misc] # LiteLLM is read as untyped
    """Answers LiteLLM's calls for `offline/...` models, without a network."""

    async def astreaming(
        self, *, model: str, messages: Sequence[dict[str, Any]], **_: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the answer in LiteLLM's generic streaming chunks."""
        prompt = [PromptMessage(message["role"], message["content"]) for message in messages]
        async for event in OfflineChat(f"{NAME}/{model}").stream(prompt):
            if isinstance(event, TextDelta):
                yield _chunk(text=event.text)
            else:
                yield _chunk(finish_reason=event.reason, usage=_usage(event.usage))

    async def aembedding(self, *, model: str, input: list[str], model_response: Any, **_: Any) -> Any:  # noqa: A002
        """Fill LiteLLM's response with one vector per text. (`input` is the name by which LiteLLM passes them.)"""
        vectors = await OfflineEmbedder(f"{NAME}/{model}").embed(input, purpose="document")
        model_response.model = model
        model_response.data = [
            {"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)
        ]
        return model_response


def _chunk(text: str = "", finish_reason: str = "", usage: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "text": text,
        "is_finished": bool(finish_reason),
        "finish_reason": finish_reason,
        "usage": usage,
        "index": 0,
        "tool_use": None,
    }


def _usage(usage: Usage) -> dict[str, int]:
    total = usage.prompt_tokens + usage.completion_tokens
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": total,
    }
