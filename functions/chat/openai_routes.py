"""The routes of OpenAI's protocol. Errors have its form too, so that its clients can read them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from functions.chat.dependencies import TheAnswering, TheAsking
from functions.chat.dependencies import caller as signed_in
from functions.chat.links import TheLinks
from functions.chat.openai_protocol import Completion, error_body, error_type
from functions.chat.openai_schemas import CompletionRequest
from sluice import sse
from sluice.errors import LimitReached, ModelNotOffered, SluiceError
from sluice.passing import PassingConversation
from sluice.problems import headers_of, status_of, unreadable, words

DEFAULT_MODEL = "sluice"
"""The name under which the usual model can be asked for, whatever it is."""

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


router = APIRouter(prefix="/v1", route_class=OpenAiRoute, dependencies=[Depends(signed_in)])


@router.get("/models")
async def models(answering: TheAnswering) -> Mapping[str, Any]:
    """List the models that may be asked for; `sluice` is the usual one."""
    return {"object": "list", "data": [_model(name) for name in (DEFAULT_MODEL, *answering.models)]}


@router.get("/models/{name:path}")
async def model(name: str, answering: TheAnswering) -> Mapping[str, Any]:
    """Tell of one of the models that may be asked for."""
    if name not in (DEFAULT_MODEL, *answering.models):
        raise ModelNotOffered
    return _model(name)


@router.post("/chat/completions")
async def completions(body: CompletionRequest, asking: TheAsking, answering: TheAnswering, links: TheLinks) -> Response:
    """Answer the last of the messages from the documents; the others are its history, and nothing of it is kept."""
    usual = answering.models[0]
    model = None if body.model in ("", DEFAULT_MODEL, usual) else body.model
    keeper = PassingConversation(body.history())
    events = await asking.open(body.question(model), keeper, instructions=body.instructions(), bounds=body.bounds())
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    completion = Completion(body.model or usual, links, include_usage)
    if not body.stream:
        return JSONResponse(await completion.whole(events))
    return StreamingResponse(sse.encode(completion.chunks(events)), media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


def _model(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "sluice"}


def _error(error: SluiceError) -> JSONResponse:
    """OpenAI knows no 422: what is wrong with a request is a 400, or a 404 for its model."""
    status = int(status_of(error))
    status = 404 if isinstance(error, ModelNotOffered) else 400 if status == 422 else status
    content = error_body(error.code, error.message, error)
    content["error"]["type"] = error_type(status)
    headers = headers_of(error)
    if isinstance(error, LimitReached) and (error.retry_after or 0) > PATIENCE_SECONDS:
        headers["x-should-retry"] = "false"
    return JSONResponse(content, status, headers=headers)


def _invalid(request: Request, error: RequestValidationError | HTTPException) -> JSONResponse:
    if refusal := unreadable(request, error):
        return _error(refusal)
    if isinstance(error, HTTPException):
        raise error
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or None
    content = error_body("invalid_input", f"{field or 'The request'}: {words(first['msg'])}.")
    content["error"]["param"] = field
    return JSONResponse(content, 400)
