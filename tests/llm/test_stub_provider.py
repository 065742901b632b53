"""The provider that is not there speaks as the real ones do: the adapters read its answers to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sluice.adapters.llm import LiteLLMChat, LiteLLMEmbedder, library, stub_provider
from sluice.domain import Usage
from sluice.errors import ModelError
from sluice.ports import Finish, PromptMessage, TextDelta

AWS = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "aws_region_name": "us-east-1"}
PROMPT = [PromptMessage("user", "?")]


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where it listens."""
    async with stub_provider.running() as found:
        yield found
        await library.close()


@pytest.mark.parametrize(
    "model",
    ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "bedrock/us.amazon.nova-lite-v1:0", "mistral/mistral-small"],
)
async def test_a_rehearsed_answer_is_one_word_and_a_good_end(address: str, model: str) -> None:
    """In the protocol of each provider, with what it used."""
    options = {"api_base": address, "api_key": "none", **(AWS if model.startswith("bedrock/") else {})}

    events = [event async for event in LiteLLMChat(model, options=options).stream(PROMPT)]

    assert events == [TextDelta("!"), Finish("stop", Usage(1, 1))]


async def test_a_rehearsed_text_has_a_vector(address: str) -> None:
    """As an OpenAI-compatible provider returns it."""
    embedder = LiteLLMEmbedder("openai/text-embedding-3-small", options={"api_base": address, "api_key": "none"})

    assert await embedder.embed(["?"], purpose="query") == [[1.0, 0.0]]


async def test_a_protocol_that_it_does_not_speak_is_an_error(address: str) -> None:
    """And no silence, for which a rehearsal would wait."""
    model = LiteLLMChat("ollama_chat/llama3", options={"api_base": address})

    with pytest.raises(ModelError):
        _ = [event async for event in model.stream(PROMPT)]
