"""OpenAI's protocol, read by OpenAI's own clients and by the AI SDK's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx
import openai
import pytest

from sluice.domain import Allowance, Filter, Usage
from sluice.errors import ModelUnavailable
from sluice.ports import PromptMessage
from sluice.testing.ledger import FixedPrices
from tests.common.world import KRILL
from tests.protocols.conftest import Parts, Served, node

QUESTION = "What do blue whales eat?"
DOCUMENT = UUID(int=2)


@pytest.fixture
async def sdk(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's Python client, pointed at us."""
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{served.address}/v1", api_key=served.key, max_retries=0, http_client=http
    ) as client:
        yield client


async def test_a_stream_is_read_whole(served: Served, sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """Role first, then text with its citations, then the reason, then the usage."""
    parts.model.enqueue("They eat ", "krill [1].")

    stream = await sdk.chat.completions.create(
        model="sluice",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    [annotation] = [note for delta in deltas for note in (delta.model_extra or {}).get("annotations", [])]
    citation = annotation["url_citation"]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == "They eat krill [1]."
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert (citation["start_index"], citation["end_index"], citation["title"]) == (15, 18, "Whales, page 4")
    assert citation["url"].startswith(f"{served.address}/v1/sources/{DOCUMENT}?start=0&ticket=")
    assert citation["url"].endswith("#page=4")
    assert chunks[-1].usage is not None
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 15)
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1


async def test_the_clients_own_reader_puts_a_stream_together(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """Also one that cites more than once, in pieces of the same list."""
    parts.passages.found = [KRILL, replace(KRILL, document_id=UUID(int=3), page=5)]
    parts.model.enqueue("They eat ", "krill [1].", " All day [2].")

    async with sdk.chat.completions.stream(
        model="sluice", messages=[{"role": "user", "content": QUESTION}], stream_options={"include_usage": True}
    ) as stream:
        completion = await stream.get_final_completion()

    message, usage = completion.choices[0].message, completion.usage
    assert message.annotations is not None
    assert (
        message.content,
        [note.url_citation.title for note in message.annotations],
        usage and usage.total_tokens,
    ) == (
        "They eat krill [1]. All day [2].",
        ["Whales, page 4", "Whales, page 5"],
        15,
    )


async def test_open_webui_finds_the_passages_in_their_order(
    served: Served, sdk: openai.AsyncOpenAI, parts: Parts
) -> None:
    """It reads them from `event`, which other clients leave alone."""
    parts.model.enqueue("Krill [1].")

    stream = await sdk.chat.completions.create(
        model="sluice", messages=[{"role": "user", "content": QUESTION}], stream=True
    )
    extras = [chunk.model_extra or {} async for chunk in stream]
    [event] = [extra["event"] for extra in extras if "event" in extra]

    assert (event["type"], event["data"]["document"]) == ("source", ["Blue whales eat krill."])
    assert event["data"]["source"]["name"] == "Whales, page 4"


async def test_a_whole_completion_is_read(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """Without a stream the citations stand in the message."""
    parts.model.enqueue("Krill [1].")

    completion = await sdk.chat.completions.create(
        model="scripted", messages=[{"role": "user", "content": QUESTION}], extra_body={"collection": "sea"}
    )

    message = completion.choices[0].message
    assert (message.content, completion.choices[0].finish_reason) == ("Krill [1].", "stop")
    assert message.annotations is not None
    assert [note.url_citation.start_index for note in message.annotations] == [6]
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (10, 5)
    assert [searched.where for searched in parts.passages.searched] == [Filter("sea")]


async def test_the_history_comes_from_the_client_and_stays_there(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """The model sees what was said before, and the search what the question takes from it; nothing of it is stored."""
    parts.model.enqueue("Tons.")

    await sdk.chat.completions.create(
        model="sluice",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "Krill."},
            {"role": "user", "content": [{"type": "text", "text": "How much?"}]},
        ],
    )

    [prompt] = parts.model.prompts
    [instructions, *said] = prompt
    assert (instructions.role, instructions.content.endswith("\n\nBe brief.")) == ("system", True)
    assert said[:2] == [PromptMessage("user", QUESTION), PromptMessage("assistant", "Krill.")]
    assert "How much?" in said[-1].content
    assert [searched.query for searched in parts.passages.searched] == ["How much? blue whales eat"]
    assert parts.conversations.kept == {}


async def test_an_error_after_the_first_text_is_an_error(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """A stream that broke off must not look like one that ended."""
    parts.model.enqueue("They eat ", ModelUnavailable())

    stream = await sdk.chat.completions.create(
        model="sluice", messages=[{"role": "user", "content": QUESTION}], stream=True
    )
    with pytest.raises(openai.APIError) as failed:
        _ = [chunk async for chunk in stream]

    assert failed.value.code == "model_unavailable"


async def test_a_completion_that_fails_has_a_status(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """Nothing was sent yet, so that the status can tell."""
    parts.model.enqueue(ModelUnavailable())

    with pytest.raises(openai.InternalServerError) as failed:
        await sdk.chat.completions.create(model="sluice", messages=[{"role": "user", "content": QUESTION}])

    assert (failed.value.status_code, failed.value.code) == (503, "model_unavailable")


async def test_errors_have_the_classes_of_the_client(served: Served, sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """A program that handles OpenAI's errors handles ours."""
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]

    with pytest.raises(openai.NotFoundError) as unknown:
        await sdk.chat.completions.create(model="no-such-model", messages=messages)
    with pytest.raises(openai.BadRequestError) as empty:
        await sdk.chat.completions.create(model="sluice", messages=[])
    with pytest.raises(openai.AuthenticationError) as stranger:
        await sdk.with_options(api_key="sk-other").chat.completions.create(model="sluice", messages=messages)
    parts.allowance = Allowance(tokens_per_day=10, requests_per_minute=1, burst=1)
    await parts.ledger.admit({"user:default/ada": parts.allowance}, None, seconds=0)
    with pytest.raises(openai.RateLimitError) as paced:
        await sdk.chat.completions.create(model="sluice", messages=messages)

    codes = [failed.value.code for failed in (unknown, empty, stranger, paced)]
    assert codes == ["model_not_offered", "invalid_input", "credentials_invalid", "too_many_requests"]
    assert empty.value.param == "messages"
    assert int(paced.value.response.headers["retry-after"]) > 30


@pytest.mark.parametrize(
    ("allowance", "told"),
    [(Allowance(tokens_per_day=10), "false"), (Allowance(requests_per_minute=6, burst=1), None)],
    ids=["a day", "seconds"],
)
async def test_a_client_is_told_not_to_wait_for_a_day(
    sdk: openai.AsyncOpenAI, parts: Parts, allowance: Allowance, told: str | None
) -> None:
    """It would try again by itself; for seconds it may."""
    await parts.ledger.settle({"user:default/ada": allowance}, None, Usage(10, 10))
    await parts.ledger.admit({"user:default/ada": allowance}, None, seconds=0)
    parts.allowance = allowance

    with pytest.raises(openai.RateLimitError) as refused:
        await sdk.chat.completions.create(model="sluice", messages=[{"role": "user", "content": QUESTION}])

    assert refused.value.response.headers.get("x-should-retry") == told


@pytest.mark.parametrize("body", [b"{", b'"\xff"', b"[" * 100_000], ids=["broken", "no text", "too deep"])
async def test_what_is_not_json_is_told_in_their_form(served: Served, body: bytes) -> None:
    """Whatever the framework makes of it."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as client:
        answer = await client.post("/v1/chat/completions", content=body, headers=headers)

    message = "The body is not valid JSON."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_json"}
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([{"role": "system", "content": "Be brief."}], "the last of the messages must be the user's question"),
        ([{"role": "user", "content": "a\0b"}], "the messages must not hold the character NUL"),
    ],
)
async def test_what_can_not_be_asked_is_told_before_the_stream(
    served: Served, messages: list[dict[str, str]], words: str
) -> None:
    """In our words, and in those only."""
    headers = {"authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as client:
        answer = await client.post("/v1/chat/completions", json={"messages": messages, "stream": True}, headers=headers)

    error = {"message": f"The request: {words}.", "type": "invalid_request_error", "param": None}
    assert (answer.status_code, answer.json()) == (400, {"error": {**error, "code": "invalid_input"}})


async def test_the_models_are_listed(sdk: openai.AsyncOpenAI) -> None:
    """The usual one by our name and by its own, then the others on offer."""
    assert [model.id async for model in sdk.models.list()] == ["sluice", "scripted", "openai/gpt-5"]


async def test_a_model_is_found_by_its_name(sdk: openai.AsyncOpenAI) -> None:
    """Also by one with a slash; one that is not on offer is not found."""
    found = [await sdk.models.retrieve(name) for name in ("sluice", "openai/gpt-5")]
    with pytest.raises(openai.NotFoundError) as unknown:
        await sdk.models.retrieve("openai/gpt-3")

    assert [model.id for model in found] == ["sluice", "openai/gpt-5"]
    assert unknown.value.code == "model_not_offered"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"max_tokens": 3}, ("They eat ", "length")),
        ({"max_tokens": 3, "max_completion_tokens": 4}, ("They eat kri", "length")),
        ({"stop": "krill"}, ("They eat ", "stop")),
        ({"stop": ["fish", " [1]", ""], "max_tokens": 100}, ("They eat krill", "stop")),
        ({"stop": [], "max_tokens": None, "response_format": {"type": "text"}}, ("They eat krill [1].", "stop")),
    ],
)
async def test_an_answer_ends_where_the_application_wants_it_to(
    sdk: openai.AsyncOpenAI, parts: Parts, wanted: dict[str, object], expected: tuple[str, str]
) -> None:
    """By tokens or before a text, however that was cut into pieces; the model is hung up on."""
    parts.model.enqueue("They eat ", "kri", "ll [", "1].")

    completion = await sdk.chat.completions.create(
        model="sluice", messages=[{"role": "user", "content": QUESTION}], extra_body=wanted
    )

    assert (completion.choices[0].message.content, completion.choices[0].finish_reason) == expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"n": 2}, "The request: n must be 1."),
        ({"stop": 5}, "stop: Input should be a valid list."),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1."),
        (
            {"response_format": {"type": "json_object"}},
            "The request: response_format must be text: answers cite, in words.",
        ),
    ],
)
async def test_what_is_not_done_is_refused_and_not_left_out(
    sdk: openai.AsyncOpenAI, wanted: dict[str, object], words: str
) -> None:
    """A program that needs it must not take something else for it."""
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.chat.completions.create(
            model="sluice", messages=[{"role": "user", "content": QUESTION}], extra_body=wanted
        )

    assert refused.value.body is not None
    assert (refused.value.code, refused.value.body["message"]) == ("invalid_input", words)  # type: ignore[index] # a JSON object


async def test_a_failure_of_ours_keeps_its_code_in_a_completion(sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """As in a stream."""
    parts.model.enqueue(ZeroDivisionError())

    with pytest.raises(openai.InternalServerError) as failed:
        await sdk.chat.completions.create(model="sluice", messages=[{"role": "user", "content": QUESTION}])

    assert (failed.value.status_code, failed.value.code) == (500, "internal_error")


async def test_what_is_ours_to_mend_is_logged_in_this_protocol_too(
    sdk: openai.AsyncOpenAI, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    """Its clients show such an error to nobody who could mend it."""
    parts.allowance = Allowance(dollars_per_day=1.0)
    parts.prices = FixedPrices(unpriced=frozenset({parts.model.name}))

    with pytest.raises(openai.InternalServerError) as failed:
        await sdk.chat.completions.create(model="sluice", messages=[{"role": "user", "content": QUESTION}])

    assert failed.value.code == "model_unpriced"
    assert [record.levelname for record in caplog.records if record.message.startswith("model_unpriced")] == ["ERROR"]


async def test_a_client_that_goes_away_ends_the_answer(served: Served, sdk: openai.AsyncOpenAI, parts: Parts) -> None:
    """The upstream call is closed and what was said so far is booked."""
    parts.model.enqueue("They eat ", asyncio.Event(), "krill.")

    stream = await sdk.chat.completions.create(
        model="sluice", messages=[{"role": "user", "content": QUESTION}], stream=True
    )
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.close()
    while not parts.ledger.settled:  # noqa: ASYNC110 - a fake tells nobody that it was told
        await asyncio.sleep(0.01)

    assert parts.model.closed == 1
    assert parts.ledger.settled[0].completion_tokens == 3


async def test_openais_javascript_client_understands_us(served: Served, parts: Parts) -> None:
    """Streams, completions, models and errors."""
    for _ in range(3):
        parts.model.enqueue("They eat ", "krill [1].")
    parts.model.enqueue("They ", ModelUnavailable())

    understood = await node("openai_chat.mjs", served.address, served.key)

    assert {understood[name] for name in ("text", "whole", "together")} == {"They eat krill [1]."}
    assert [note["url_citation"]["start_index"] for note in understood["annotations"]] == [15]
    assert (understood["finish"], understood["usage"]["total_tokens"]) == (["stop"], 15)
    assert (understood["models"], understood["model"]) == (["sluice", "scripted", "openai/gpt-5"], "openai/gpt-5")
    assert understood["failure"]["code"] == "model_unavailable"
    assert understood["refusal"] == {"name": "NotFoundError", "status": 404, "code": "model_not_offered"}


async def test_the_ai_sdk_takes_us_for_a_model_provider(served: Served, parts: Parts) -> None:
    """Text, usage and a reason; a stream that breaks off is an error part."""
    parts.model.enqueue("They eat ", "krill [1].")
    parts.model.enqueue("They ", ModelUnavailable())

    understood = await node("ai_sdk_provider.mjs", served.address, served.key)

    assert (understood["text"], understood["finish"]) == ("They eat krill [1].", "stop")
    assert understood["usage"] == {"input": 10, "output": 5, "total": 15}
    assert len(understood["failures"]) == 1
    assert [searched.query for searched in parts.passages.searched] == [QUESTION, "Fail"]
