"""Errors in OpenAI's form, so that its clients can read them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from sluice.errors import InvalidInput, LimitReached, ModelNotOffered, SluiceError
from sluice.problems import headers_of, log, status_of, unreadable, words

# Longer waits are left to people: OpenAI's clients try again by themselves, and by this header don't.
PATIENCE_SECONDS = 60


class OpenAiRoute(APIRoute):
    """A route whose errors have OpenAI's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except SluiceError as error:
                return _error(error)
            except (RequestValidationError, HTTPException) as error:
                return _invalid(request, error)

        return handler


def error_body(code: str, message: str, status: int, param: str | None = None) -> dict[str, Any]:
    """Return an error as clients read it; `param` names the field that is wrong."""
    return {"error": {"message": message, "type": _type(status), "param": param, "code": code}}


def _type(status: int) -> str:
    named = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    return named.get(status, "server_error" if status >= 500 else "invalid_request_error")


def _error(error: SluiceError) -> JSONResponse:
    """OpenAI knows no 422: what is wrong with a request is a 400, or a 404 for its model."""
    log(error)
    status = int(status_of(error))
    status = 404 if isinstance(error, ModelNotOffered) else 400 if status == 422 else status
    headers = headers_of(error)
    if isinstance(error, LimitReached) and (error.retry_after or 0) > PATIENCE_SECONDS:
        headers["x-should-retry"] = "false"
    return JSONResponse(error_body(error.code, error.message, status), status, headers=headers)


def _invalid(request: Request, error: RequestValidationError | HTTPException) -> JSONResponse:
    if refusal := unreadable(request, error):
        return _error(refusal)
    if isinstance(error, HTTPException):
        raise error
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or None
    message = f"{field or 'The request'}: {words(first['msg'])}."
    return JSONResponse(error_body(InvalidInput.code, message, 400, field), 400)
