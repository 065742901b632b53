"""Every error over HTTP has one form, with a stable code and without inner details."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, field_validator

from sluice import errors, problems

FAILURES: dict[str, Exception] = {}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int

    @field_validator("number")
    @classmethod
    def _is_small(cls, number: int) -> int:
        if number > 9:
            raise ValueError("say at most 9")
        return number


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)

    @app.get("/fail/{name}")
    async def fail(name: str) -> None:
        raise FAILURES[name]

    @app.post("/take")
    async def take(body: Body) -> int:
        return body.number

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        yield client


async def test_who_is_not_known_is_told_how_to_sign_in(client: httpx.AsyncClient) -> None:
    """As HTTP wants it; a function URL renames the header, so that the words say it too."""
    FAILURES["it"] = errors.CredentialsMissing()

    answer = await client.get("/fail/it")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (errors.InvalidInput("No."), 422, None),
        (errors.ConversationNotFound(), 404, None),
        (errors.UnsupportedKind(), 415, None),
        (errors.DocumentTooLarge(), 413, None),
        (errors.NoTextLayer(), 422, None),
        (errors.DocumentBusy(), 409, "2"),
        (errors.SchemaOutdated(), 503, "2"),
        (errors.DatabaseUnavailable(), 503, "2"),
        (errors.QueueUnavailable(), 503, "2"),
        (errors.ModelRateLimited(), 429, "2"),
        (errors.ModelRejected(), 502, None),
        (errors.AnswerCutOff(), 502, "2"),
        (errors.EmbeddingModelMismatch(), 500, None),
        (errors.EmbeddingModelSwitched("other/model"), 503, "2"),
        (errors.ConfigurationError(), 500, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_our_errors_say_what_to_do(
    client: httpx.AsyncClient, error: errors.SluiceError, status: int, retry_after: str | None
) -> None:
    """The nearest class in the error's family gives the status; the message is the detail."""
    FAILURES["it"] = error

    answer = await client.get("/fail/it")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("retry-after") == retry_after
    assert (answer.status_code, answer.json()) == (
        status,
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": error.message,
            "code": error.code,
            "retryable": error.retryable,
        },
    )


async def test_an_unexpected_error_tells_nothing(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """What went wrong inside stays in the log."""
    FAILURES["it"] = RuntimeError("the password is 1234")

    answer = await client.get("/fail/it")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "1234" not in answer.text
    assert "RuntimeError: the password is 1234" in caplog.text


async def test_a_providers_words_are_not_logged(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """They may hold its key; ours say what it was."""
    FAILURES["it"] = errors.ModelRejected("The key was refused.")
    FAILURES["it"].__cause__ = RuntimeError("wrong key: sk-1234")

    await client.get("/fail/it")

    assert caplog.messages == ["model_rejected: The key was refused."]
    assert "sk-1234" not in caplog.text


async def test_a_wrong_body_names_its_fields(client: httpx.AsyncClient) -> None:
    """Each wrong field is named, unknown ones too, and no value is repeated."""
    answer = await client.post("/take", json={"number": "secret", "nubmer": 1})

    assert (answer.status_code, answer.json()["code"], answer.json()["errors"]) == (
        422,
        "invalid_input",
        [
            {
                "field": "body.number",
                "message": "Input should be a valid integer, unable to parse string as an integer",
            },
            {"field": "body.nubmer", "message": "Extra inputs are not permitted"},
        ],
    )
    assert "secret" not in answer.text


@pytest.mark.parametrize("said", [{}, {"content-type": "text/plain"}, {"content-type": "application/octet-stream"}])
async def test_a_body_that_is_not_said_to_be_json_is_not_read(client: httpx.AsyncClient, said: dict[str, str]) -> None:
    """The answer names the header that is wanted."""
    answer = await client.post("/take", content=b'{"number": 1}', headers=said)

    assert (answer.status_code, answer.json()["code"]) == (415, "json_expected")
    assert "content-type: application/json" in answer.json()["detail"]


async def test_our_own_rules_are_told_in_our_words(client: httpx.AsyncClient) -> None:
    """Without what the library puts before them."""
    answer = await client.post("/take", json={"number": 10})

    assert answer.json()["errors"] == [{"field": "body.number", "message": "say at most 9"}]


@pytest.mark.parametrize(
    "body",
    [b"{secret", b'{"secret": "\xff"}', b'{"secret": ' + b"[" * 100_000, b'{"number": ' + b"9" * 5_000 + b"}"],
    ids=["broken", "no text", "too deep", "a number of 5,000 digits"],
)
async def test_what_is_not_json_is_told(client: httpx.AsyncClient, body: bytes) -> None:
    """A body that can't be read at all is a bad request."""
    answer = await client.post("/take", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "words"),
    [
        ("GET", "/nothing", 404, "not_found", "There is no such route here; see the documentation of the API."),
        ("GET", "/take", 405, "method_not_allowed", "This route takes other methods, which the header `allow` names."),
    ],
)
async def test_the_framework_refuses_in_the_same_form(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str, words: str
) -> None:
    """A route or method that is not there is a problem as well, and says what is allowed."""
    answer = await client.request(method, path)

    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (status, code, words)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)
