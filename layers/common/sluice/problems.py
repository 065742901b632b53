"""Errors over HTTP: RFC 9457 problem details with a stable `code`, the same in every function."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from sluice import errors

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

# The nearest class in an error's family decides.
STATUS: Mapping[type[errors.SluiceError], HTTPStatus] = {
    errors.SluiceError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidJson: HTTPStatus.BAD_REQUEST,
    errors.JsonExpected: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.InvalidFilter: HTTPStatus.BAD_REQUEST,
    errors.InvalidMetadata: HTTPStatus.BAD_REQUEST,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.EventsGone: HTTPStatus.GONE,
    errors.DocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedKind: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.DocumentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.DocumentBusy: HTTPStatus.CONFLICT,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EmbeddingModelSwitched: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IdentityProviderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelError: HTTPStatus.BAD_GATEWAY,
    errors.ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModerationUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelRateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.ContextTooLong: HTTPStatus.UNPROCESSABLE_ENTITY,
}

# Of what the framework refuses without a word.
_WORDS = {
    HTTPStatus.NOT_FOUND: "There is no such route here; see the documentation of the API.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This route takes other methods, which the header `allow` names.",
}

_logger = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Make the application answer every error as problem details, without echoing input or inner details."""
    app.add_exception_handler(errors.SluiceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool = False,
    problems: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer of an error: `{type, title, status, detail, code, retryable, errors?}` (RFC 9457)."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "retryable": retryable,
    }
    if problems:
        content["errors"] = list(problems)
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def status_of(error: errors.SluiceError) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def log(error: errors.SluiceError) -> None:
    """Log an error that is ours to mend and not the caller's."""
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # What led to a model's error has a provider's words, which may hold keys and questions.
        traced = None if isinstance(error, errors.ModelError) else error
        _logger.error("%s: %s", error.code, error.message, exc_info=traced)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.SluiceError)  # noqa: S101 # the registration says so; the handler's type can't
    log(error)
    return problem(status_of(error), error.code, error.message, retryable=error.retryable, headers=headers_of(error))


def headers_of(error: errors.SluiceError) -> dict[str, str]:
    """Return what says how to sign in, or in whole seconds when to come back (RFC 9110, 11.6.1 and 10.2.3)."""
    if isinstance(error, errors.NotAuthenticated):
        return {"www-authenticate": "Bearer"}
    seconds = RETRY_AFTER_SECONDS if error.retry_after is None else max(1, ceil(error.retry_after))
    return {"retry-after": str(seconds)} if error.retryable else {}


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON; a browser lets pages of others send any but that without leave."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return said == "application/json" or (said.startswith("application/") and said.endswith("+json"))


def unreadable(request: Request, error: RequestValidationError | HTTPException) -> errors.SluiceError | None:
    """Return what is wrong with a body that is no JSON; None for any other.

    Of one that is no text, or too deep, the framework makes an error of its own; one that is not said to be JSON it
    does not read.
    """
    if not isinstance(error, RequestValidationError):
        return errors.InvalidJson() if isinstance(error.__cause__, ValueError | RecursionError) else None
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return errors.InvalidJson()
    unread = any(tuple(detail["loc"]) == ("body",) for detail in details)
    return errors.JsonExpected() if unread and not is_json(request) else None


def words(message: str) -> str:
    """Return what a validator of ours said, without what pydantic puts before it."""
    return message.removeprefix("Value error, ")


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 # the registration says so; the handler's type can't
    if refusal := unreadable(request, error):
        return await _ours(request, refusal)
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        errors.InvalidInput.code,
        "The request is not valid; `errors` says where.",
        problems=[
            {"field": ".".join(str(part) for part in detail["loc"]), "message": words(detail["msg"])}
            for detail in error.errors()
        ],
    )


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses: no such route (404), no such method (405), a body it can't read (400)."""
    assert isinstance(error, HTTPException)  # noqa: S101 # the registration says so; the handler's type can't
    if refusal := unreadable(request, error):
        return await _ours(request, refusal)
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    said = error.detail if error.detail != status.phrase else _WORDS.get(status, error.detail)
    return problem(status, code, said, headers=error.headers)


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    _logger.error("unexpected error", exc_info=error)
    ours = errors.SluiceError()
    return problem(status_of(ours), ours.code, ours.message)
