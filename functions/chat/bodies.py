"""The bodies of questions and searches.

A question's speaks one of two protocols: that of the Vercel AI SDK has `messages`, ours a `message`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from functions.chat.dependencies import QuestionCharacters
from functions.chat.schemas import ChatRequest, SearchRequest
from functions.chat.ui_schemas import UiChatRequest
from sluice.errors import InvalidJson, JsonExpected, QuestionTooLong
from sluice.problems import is_json


async def chat_body(request: Request) -> ChatRequest | UiChatRequest:
    """Return the body in its own form; raise `JsonExpected`, `InvalidJson`, or what is wrong with its form's fields."""
    content = await _json(request)
    is_ui = isinstance(content, dict) and "messages" in content
    try:
        return UiChatRequest.model_validate(content) if is_ui else ChatRequest.model_validate(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**problem, "loc": ("body", *problem["loc"])} for problem in problems]) from error


async def search_body(body: SearchRequest, most: QuestionCharacters) -> SearchRequest:
    """Return the body; raise `QuestionTooLong` where its text would keep model and database busy for seconds."""
    if len(body.query) > most:
        raise QuestionTooLong
    return body


async def _json(request: Request) -> Any:
    if not is_json(request):
        raise JsonExpected
    try:
        return await request.json() if await request.body() else None
    except (ValueError, RecursionError) as error:
        raise InvalidJson from error


TheChatBody = Annotated[ChatRequest | UiChatRequest, Depends(chat_body)]
TheSearchBody = Annotated[SearchRequest, Depends(search_body)]
