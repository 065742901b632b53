"""What the real chat function writes into its log when what it needs fails."""

from __future__ import annotations

import json

from sluice import access
from sluice.access import ApiKey
from sluice.adapters.offline.embedding import NAME as OFFLINE
from tests.chat.environments import started
from tests.llm import upstream
from tests.streaming.environment import function_url_event

PASSWORD, MODEL_KEY = "pw-4fzT9", "sk-model-8kq2vr"
_, CALLERS_KEY = access.issue(ApiKey("", "acme", "ada", "laptop", b"", frozenset()), pepper="")


def asked() -> dict[str, object]:
    headers = {"content-type": "application/json", "x-api-key": CALLERS_KEY}
    return function_url_event("POST", "/api/chat", headers=headers, body=json.dumps({"message": "How long?"}))


async def test_a_database_that_is_away_leaves_no_credential_in_the_log() -> None:
    """Neither the password of its address nor the key of who asks."""
    database = f"postgresql://sluice:{PASSWORD}@127.0.0.1:1/sluice"
    async with started(database, {"SLUICE_AUTH": "key", "SLUICE_EMBEDDING_MODEL": OFFLINE}) as environment:
        answer = await (await environment.invoke(asked())).end()
        await environment.ready()

    assert answer.prelude.status == 503
    assert environment.output
    assert [secret for secret in (PASSWORD, CALLERS_KEY) if secret in environment.output + answer.body.decode()] == []


async def test_a_provider_that_repeats_its_key_leaves_it_in_no_log(offline_database: str) -> None:
    """Some do in their refusal, which is no word for a client either."""
    async with upstream.running() as provider:
        provider.enqueue(*[upstream.failure(401, f"Incorrect API key provided: {MODEL_KEY}")] * 4)
        variables = {
            "SLUICE_CHAT_MODEL": "openai/gpt-4o",
            "OPENAI_API_BASE": provider.base,
            "OPENAI_API_KEY": MODEL_KEY,
        }
        async with started(offline_database, variables) as environment:
            answer = await (await environment.invoke(asked())).end()
            await environment.ready()

    assert [request["headers"]["authorization"] for request in provider.requests][:1] == [f"bearer {MODEL_KEY}"]
    assert "model_rejected: The provider of the model openai/gpt-4o refused the key" in environment.output
    assert [secret for secret in (MODEL_KEY, CALLERS_KEY) if secret in environment.output + answer.body.decode()] == []
