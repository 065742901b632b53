"""The routes of OpenAI's protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse, StreamingResponse

from functions.chat.dependencies import TheAnswering, TheAsking
from functions.chat.dependencies import caller as signed_in
from functions.chat.links import TheLinks
from functions.chat.openai_errors import OpenAiRoute
from functions.chat.openai_protocol import Completion
from functions.chat.openai_schemas import CompletionRequest
from sluice import sse
from sluice.errors import ModelNotOffered
from sluice.passing import PassingConversation

DEFAULT_MODEL = "sluice"
"""The name under which the usual model can be asked for, whatever it is."""

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
