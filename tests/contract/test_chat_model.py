"""What every `ChatModel` keeps to, real or fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from sluice import prompting
from sluice.adapters.llm import LiteLLMChat, library
from sluice.adapters.models import ChatByName
from sluice.adapters.offline import OfflineChat
from sluice.domain import Passage, uuid7
from sluice.ports import ChatModel, Finish, TextDelta
from sluice.testing.models import ScriptedModel
from tests.llm import upstream

FACT = "The pump was built in 1999 by the firm of Ada Lovelace."
PROMPT = prompting.build(
    "When was the pump built?",
    [],
    [Passage(uuid7(), uuid7(), "s3://b/pump.md", "Pump", FACT, 0, len(FACT), 0.5, 0.5)],
    20_000,
)


NAMES = (
    "scripted",
    "offline",
    "offline through litellm",
    "provider through litellm",
    "offline by name",
    "provider by name",
)


@pytest.fixture(params=[*NAMES])
async def model(request: pytest.FixtureRequest) -> AsyncIterator[ChatModel]:
    """Each implementation, ready to answer twice."""
    async with upstream.running() as provider:
        scripted = ScriptedModel()
        for _ in range(2):
            scripted.enqueue("It was ", "1999 [1].")
            provider.enqueue(upstream.chat("It was ", "1999 [1]."))
        options = {"api_base": provider.base, "api_key": "sk-x"}
        implementations: dict[str, ChatModel] = {
            "scripted": scripted,
            "offline": OfflineChat(),
            "offline through litellm": LiteLLMChat("offline/extractive"),
            "provider through litellm": LiteLLMChat("openai/scripted", options=options),
            "offline by name": ChatByName("offline/extractive"),
            "provider by name": ChatByName("openai/scripted", options=options),
        }
        yield implementations[request.param]
        await library.close()


async def test_an_answer_is_text_and_then_one_finish(model: ChatModel) -> None:
    """Some text, none of it empty, one `Finish` with token counts at the end."""
    events = [event async for event in model.stream(PROMPT)]

    *deltas, finish = events
    assert [type(event) for event in deltas] == [TextDelta] * len(deltas)
    assert all(event.text for event in deltas if isinstance(event, TextDelta))
    assert "1999" in "".join(event.text for event in deltas if isinstance(event, TextDelta))
    assert isinstance(finish, Finish)
    assert finish.reason == "stop"
    assert min(finish.usage.prompt_tokens, finish.usage.completion_tokens) > 0


async def test_the_same_prompt_can_be_asked_again(model: ChatModel) -> None:
    """An answer leaves nothing behind that changes the next."""
    answers = [[event async for event in model.stream(PROMPT)] for _ in range(2)]

    assert all(first == second for first, second in pairwise(answers))


async def test_an_answer_can_be_left_early(model: ChatModel) -> None:
    """Closing the generator after the first text ends it without an error."""
    stream = model.stream(PROMPT)
    await anext(stream)

    await stream.aclose()

    assert [event async for event in stream] == []


async def test_a_model_says_its_name(model: ChatModel) -> None:
    """The name goes into the stored message."""
    assert model.name
