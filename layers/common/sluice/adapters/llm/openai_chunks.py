"""The chunks of OpenAI's protocol as LiteLLM reads them from the wire.

What LiteLLM makes of each chunk besides, so that all providers look alike, takes three quarters of the time of reading
an answer; those of this protocol look like that already. What it makes of the end hides how the stream ended.
"""

from __future__ import annotations

from typing import Any, Self

import httpx
from litellm.llms.openai.chat.gpt_transformation import OpenAIChatCompletionStreamingHandler as OpenAIChunkReader
from litellm.utils import exception_type


def bare(answer: Any) -> Any:
    """Return an answer of this protocol without what LiteLLM wraps around it; any other as it is."""
    reader = answer.completion_stream
    return OpenAIChunks(answer, reader) if isinstance(reader, OpenAIChunkReader) else answer


class OpenAIChunks:
    """Yields the chunks; `received_finish_reason` is the provider's, None while there was none."""

    def __init__(self, answer: Any, reader: Any) -> None:
        self._answer = answer
        self._reader = aiter(reader)
        self.received_finish_reason: str | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        """Return the next chunk; raise what LiteLLM would."""
        try:
            chunk = await self._read()
        except StopAsyncIteration:
            raise
        except Exception as error:
            if self.received_finish_reason and isinstance(error, httpx.ReadError | httpx.RemoteProtocolError):
                raise StopAsyncIteration from error  # nothing was to come any more
            provider = self._answer.custom_llm_provider
            raise exception_type(self._answer.model, error, custom_llm_provider=provider) from error
        if chunk.choices and chunk.choices[0].finish_reason:
            self.received_finish_reason = chunk.choices[0].finish_reason
        return chunk

    async def _read(self) -> Any:
        """Leave out what LiteLLM makes of the line `[DONE]`, which says `stop`, and of comments."""
        while isinstance(chunk := await anext(self._reader), dict):
            pass
        return chunk

    async def aclose(self) -> None:
        await self._answer.aclose()
