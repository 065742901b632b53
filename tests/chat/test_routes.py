"""The routes of the chat function: request in, answer out."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from sluice.domain import Caller, Filter, OneOf, Search, uuid7
from sluice.errors import DatabaseUnavailable, ModelRateLimited, SchemaOutdated
from sluice.moderating import Moderation
from sluice.testing.moderation import WordModerator
from tests.chat.conftest import Parts

SOURCE = {
    "id": 1,
    "document_id": str(UUID(int=2)),
    "title": "Whales",
    "source": "s3://bucket/whales.pdf",
    "page": 4,
    "start": 0,
    "end": 22,
    "quote": "Blue whales eat krill.",
    "score": 0.03,
}


def events(response: httpx.Response) -> list[Any]:
    """Read the stream as the simplest client would: the `data:` lines up to `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


async def test_an_answer_streams_as_typed_events(client: httpx.AsyncClient, parts: Parts) -> None:
    """The whole stream of one answer, in the order that clients rely on."""
    parts.model.enqueue("They eat ", "krill [1].")

    response = await client.post("/api/chat", json={"message": "What do blue whales eat?"})

    start, *middle, done = events(response)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (start["type"], UUID(start["conversation_id"]).version, UUID(start["message_id"]).version) == ("start", 7, 7)
    assert middle == [
        {"type": "sources", "sources": [SOURCE]},
        {"type": "text", "text": "They eat "},
        {"type": "text", "text": "krill [1]."},
        {"type": "citation", **SOURCE},
    ]
    timing = done.pop("timing")
    assert done == {
        "type": "done",
        "finish_reason": "stop",
        "model": "scripted",
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.0},
    }
    assert sorted(timing) == ["auth", "embed", "first_token", "search", "total"]


async def test_every_event_has_its_number(client: httpx.AsyncClient, parts: Parts) -> None:
    """A client that lost the connection can say what it has seen."""
    parts.model.enqueue("Krill.")

    response = await client.post("/api/chat", json={"message": "whales"})

    ids = [line for line in response.text.splitlines() if line.startswith("id:")]
    assert ids == ["id: 1", "id: 2", "id: 3", "id: 4"]


async def test_a_failing_model_ends_the_stream_with_an_error(client: httpx.AsyncClient, parts: Parts) -> None:
    """The status was sent already: the stream itself tells, and the next request works."""
    parts.model.enqueue(ModelRateLimited())
    parts.model.enqueue("Krill.")

    failed = await client.post("/api/chat", json={"message": "whales"})
    worked = await client.post("/api/chat", json={"message": "whales"})

    assert events(failed)[-1] == {
        "type": "error",
        "code": "model_rate_limited",
        "message": "The model provider's rate limit is reached; try again in a moment.",
        "retryable": True,
    }
    assert events(worked)[-1]["type"] == "done"


async def test_a_model_that_says_when_to_come_back_is_passed_on(client: httpx.AsyncClient, parts: Parts) -> None:
    """As a search's `Retry-After` is, which a stream that has begun can't have."""
    parts.model.enqueue(ModelRateLimited(retry_after=20.0))

    failed = await client.post("/api/chat", json={"message": "whales"})

    assert events(failed)[-1]["retry_after"] == 20.0


async def test_a_filter_and_a_model_reach_the_answer(client: httpx.AsyncClient, parts: Parts) -> None:
    """Nothing that the caller chose is dropped."""
    parts.model.enqueue("Krill.")
    body = {
        "message": "whales",
        "collection": "sea",
        "filter": {"document_ids": [str(UUID(int=2))], "metadata": {"year": 2024}},
        "model": "openai/gpt-5",
    }

    await client.post("/api/chat", json=body)

    where = Filter("sea", (UUID(int=2),), OneOf("year", (2024,)))
    assert parts.passages.searched == [Search(Caller(), "whales", 8, where)]
    assert parts.model.models == ["openai/gpt-5"]


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
async def test_no_page_of_others_asks_without_leave(client: httpx.AsyncClient, parts: Parts, path: str) -> None:
    """A browser sends text for any page, also to a laptop where nobody signs in; for JSON it asks us first."""
    body = b'{"message": "whales", "messages": [{"role": "user", "content": "whales"}]}'

    answer = await client.post(path, content=body, headers={"content-type": "text/plain"})
    allowed = await client.options(path, headers={"origin": "https://elsewhere.example"})

    assert (answer.status_code, "json_expected" in answer.text, parts.model.models) == (415, True, [])
    assert (allowed.status_code, "access-control-allow-origin" in allowed.headers) == (405, False)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"{not json", 400, "invalid_json", None),
        (b"[" * 100_000, 400, "invalid_json", None),
        (b'{"message": "\xff"}', 400, "invalid_json", None),
        (b"", 422, "invalid_input", "body"),
        (b"[]", 422, "invalid_input", "body"),
        (b"{}", 422, "invalid_input", "body.message"),
        (b'{"message": "  "}', 422, "invalid_input", "body.message"),
        (b'{"message": 7}', 422, "invalid_input", "body.message"),
        (b'{"message": "hi", "mesage": "hi"}', 422, "invalid_input", "body.mesage"),
        (b'{"message": "hi", "conversation_id": "seven"}', 422, "invalid_input", "body.conversation_id"),
        (b'{"message": "hi", "collection": "a\\u0000"}', 422, "invalid_input", "body.collection"),
        (
            b'{"regenerate": "%(id)b", "parent_id": "%(id)b", "conversation_id": "%(id)b"}' % {b"id": b"0" * 32},
            422,
            "invalid_input",
            "body.message",
        ),
        (b'{"message": "hi", "filter": {"sql": 1}}', 400, "invalid_filter", None),
        (b'{"message": "hi", "filter": {"metadata": {"a": "\\u0000"}}}', 400, "invalid_filter", None),
        (b'{"message": "hi", "filter": {"tags": ["\\ud800"]}}', 400, "invalid_filter", None),
        (b'{"message": "' + b"w" * 1_000_000 + b'"}', 422, "question_too_long", None),
    ],
)
async def test_a_bad_question_is_refused_and_the_next_one_answered(
    client: httpx.AsyncClient, parts: Parts, body: bytes, status: int, code: str, field: str | None
) -> None:
    """A problem answer names the code and the field, and repeats nothing of the input."""
    parts.model.enqueue("Krill.")

    refused = await client.post("/api/chat", content=body, headers={"content-type": "application/json"})
    answered = await client.post("/api/chat", json={"message": "whales"})

    problem = refused.json()
    fields = [each["field"] for each in problem.get("errors", [])]
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["code"], fields) == (code, [field] if field else [])
    assert len(refused.content) < 1_000
    assert events(answered)[-1]["type"] == "done"


async def test_an_unknown_conversation_is_a_404(client: httpx.AsyncClient, parts: Parts) -> None:
    """The error comes as a status, before any stream begins."""
    response = await client.post("/api/chat", json={"message": "whales", "conversation_id": str(uuid7())})

    assert (response.status_code, response.json()["code"]) == (404, "conversation_not_found")


async def test_a_conversation_can_be_read_again(client: httpx.AsyncClient, parts: Parts) -> None:
    """After a reload the page shows what was said, with its sources."""
    parts.model.enqueue("Krill [1].")
    asked = events(await client.post("/api/chat", json={"message": "What do blue whales eat?"}))

    body = (await client.get(f"/api/conversations/{asked[0]['conversation_id']}")).json()

    said = [(message["role"], message["content"], message["citations"]) for message in body["messages"]]
    assert body["title"] == "What do blue whales eat?"
    assert said == [("user", "What do blue whales eat?", []), ("assistant", "Krill [1].", [SOURCE])]


async def test_a_search_for_a_text_longer_than_a_question_may_be_is_refused(client: httpx.AsyncClient) -> None:
    """A megabyte of words kept the database busy until its time was over."""
    found = [await client.post("/api/search", json={"query": "w" * length}) for length in (1_000, 1_001)]

    codes = [(response.status_code, response.json().get("code")) for response in found]
    assert codes == [(200, None), (422, "question_too_long")]


async def test_a_search_returns_passages_with_their_place(client: httpx.AsyncClient, parts: Parts) -> None:
    """The shape that clients rely on."""
    response = await client.post("/api/search", json={"query": "krill", "limit": 3})

    body = response.json()
    assert set(body.pop("timing")) == {"embed", "search"}
    assert body == {
        "unranked": None,
        "results": [
            {
                "document_id": str(UUID(int=2)),
                "source": "s3://bucket/whales.pdf",
                "title": "Whales",
                "content": "Blue whales eat krill.",
                "score": 0.03,
                "page": 4,
                "start": 0,
                "end": 22,
                "metadata": {},
            }
        ],
    }


@pytest.mark.parametrize("limit", [0, -1, 10**9, "ten"])
async def test_a_senseless_limit_is_refused(client: httpx.AsyncClient, parts: Parts, limit: object) -> None:
    """Nobody can ask for the whole library at once."""
    response = await client.post("/api/search", json={"query": "krill", "limit": limit})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(
    client: httpx.AsyncClient, parts: Parts
) -> None:
    """A program can tell a passing fault from a lasting one."""
    parts.passages.failures.append(DatabaseUnavailable())

    response = await client.post("/api/search", json={"query": "krill"})

    assert (response.status_code, response.json()["code"], response.json()["retryable"]) == (
        503,
        "database_unavailable",
        True,
    )
    assert "retry-after" in response.headers


async def test_health_is_200_when_questions_can_be_answered(client: httpx.AsyncClient, parts: Parts) -> None:
    """Nothing is missing."""
    response = await client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ready", "problems": {}})


@pytest.mark.parametrize("path", ["/", "/healthz"])
async def test_a_monitor_asks_by_head(client: httpx.AsyncClient, parts: Parts, path: str) -> None:
    """It gets the status of a GET, and 503 while nothing can be answered."""
    ready = await client.head(path)
    parts.not_ready = SchemaOutdated()
    broken = await client.head("/healthz")

    assert (ready.status_code, broken.status_code) == (200, 503)


async def test_health_says_what_is_missing(client: httpx.AsyncClient, parts: Parts) -> None:
    """An operator reads what to do."""
    parts.not_ready = SchemaOutdated()

    response = await client.get("/healthz")

    assert (response.status_code, response.json()) == (
        503,
        {
            "status": "not_ready",
            "problems": {
                "database": {
                    "code": "schema_outdated",
                    "message": SchemaOutdated().message,
                }
            },
        },
    )


async def test_an_unknown_path_is_a_problem_answer(client: httpx.AsyncClient, parts: Parts) -> None:
    """Also what the framework refuses has a code."""
    response = await client.get("/nowhere")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_flagged_question_is_told_in_the_stream(client: httpx.AsyncClient, parts: Parts) -> None:
    """No model is asked; the same question will be flagged again."""
    parts.moderation = Moderation(WordModerator({"whales"}))

    response = await client.post("/api/chat", json={"message": "What do blue whales eat?"})

    *_, error = events(response)
    assert (error["type"], error["code"], error["retryable"]) == ("error", "question_flagged", False)


async def test_a_flagged_answer_ends_as_filtered(client: httpx.AsyncClient, parts: Parts) -> None:
    """By OpenAI's protocol too."""
    parts.moderation = Moderation(WordModerator({"krill"}))
    for _ in range(2):
        parts.model.enqueue("They eat krill.")

    native = await client.post("/api/chat", json={"message": "What do blue whales eat?"})
    openai = await client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "And seals?"}]})

    assert events(native)[-1]["finish_reason"] == "content_filter"
    assert openai.json()["choices"][0]["finish_reason"] == "content_filter"
