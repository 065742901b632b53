"""What every `Moderator` keeps to, real or fake."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sluice.adapters.llm import library
from sluice.adapters.llm.moderation import LiteLLMModerator
from sluice.errors import ModelError, ModelUnavailable
from sluice.ports.moderation import Moderator, Verdict
from sluice.testing.moderation import WordModerator
from tests.llm import upstream


@pytest.fixture
async def provider() -> AsyncIterator[upstream.Upstream]:
    async with upstream.running() as server:
        yield server
        await library.close()


def through_litellm(provider: upstream.Upstream) -> LiteLLMModerator:
    options = {"api_base": provider.base, "api_key": "sk-x"}
    return LiteLLMModerator("openai/omni-moderation-latest", options=options)


@pytest.fixture(params=["fake", "through litellm"])
def moderator(request: pytest.FixtureRequest, provider: upstream.Upstream) -> Moderator:
    """Each implementation, ready to judge a violent text and then a harmless one."""
    provider.enqueue(upstream.moderation(violence=True), upstream.moderation())
    return WordModerator({"violence"}) if request.param == "fake" else through_litellm(provider)


@pytest.fixture(params=["fake", "through litellm"])
def failing(request: pytest.FixtureRequest, provider: upstream.Upstream) -> Moderator:
    """Each implementation, out of order."""
    provider.enqueue(*[upstream.failure(503)] * 5)
    return WordModerator(failure=ModelUnavailable()) if request.param == "fake" else through_litellm(provider)


async def test_a_text_is_flagged_or_not(moderator: Moderator) -> None:
    """With the categories that led to it."""
    assert await moderator.judge("Use violence.") == Verdict(True, ("violence",))
    assert await moderator.judge("Be kind.") == Verdict(False)


async def test_a_failure_is_a_models_failure(failing: Moderator) -> None:
    """Whoever asked decides what follows from it."""
    with pytest.raises(ModelError):
        await failing.judge("Be kind.")


async def test_the_provider_is_shown_the_text_once(provider: upstream.Upstream) -> None:
    """By the model's own name."""
    provider.enqueue(upstream.moderation())

    await through_litellm(provider).judge("Be kind.")

    [request] = provider.requests
    assert (request["path"], request["input"], request["model"]) == (
        "/v1/moderations",
        "Be kind.",
        "omni-moderation-latest",
    )
