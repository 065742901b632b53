"""The routes of the chat function: parse, one call, map."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask

from functions.chat import native, ui_message_stream
from functions.chat.bodies import TheChatBody, TheSearchBody
from functions.chat.dependencies import (
    TheAsking,
    TheBooking,
    TheCaller,
    TheFollowing,
    TheLimiting,
    TheReadiness,
    TheSearching,
    TheTitling,
    paced,
)
from functions.chat.dependencies import caller as signed_in
from functions.chat.links import TheLinks
from functions.chat.schemas import SearchResponse, UsageBody
from functions.chat.ui_message_stream import UiMessage
from functions.chat.ui_schemas import UiChatRequest, conversation_id
from sluice import sse

public = APIRouter()
# Nothing here is open to strangers, not even what needs no caller.
router = APIRouter(dependencies=[Depends(signed_in)])


@public.get("/healthz")
@public.head("/healthz")
async def health(readiness: TheReadiness) -> JSONResponse:
    """200 once questions can be answered; else 503 with what is missing."""
    problems = await readiness.problems()
    status = "not_ready" if problems else "ready"
    return JSONResponse({"status": status, "problems": problems}, 503 if problems else 200)


@router.post("/api/chat", response_class=StreamingResponse)
async def chat(
    body: TheChatBody, caller: TheCaller, asking: TheAsking, titling: TheTitling, links: TheLinks
) -> StreamingResponse:
    """Answer a question from the documents, as a stream in the protocol of its body.

    A new conversation gets its title afterwards.
    """
    question = body.question(caller) if isinstance(body, UiChatRequest) else body.question()
    events = await asking.open(question)
    begun = question.conversation_id if question.may_begin and not question.parent_id else None
    after = BackgroundTask(titling.title, caller, begun) if begun else None
    if isinstance(body, UiChatRequest):
        return _streamed(UiMessage(links).parts(events), ui_message_stream.HEADERS, after)
    return _streamed(native.payloads(events), sse.HEADERS, after)


@router.get("/api/chat/{chat_id}/stream", response_class=StreamingResponse)
async def resume(chat_id: str, caller: TheCaller, following: TheFollowing, links: TheLinks) -> Response:
    """Send the answer that is being made from its beginning, as the AI SDK resumes; 204 when none is."""
    events = await following.resume(caller, conversation_id(chat_id, caller))
    if events is None:
        return Response(status_code=204)
    return _streamed(UiMessage(links).parts(events), ui_message_stream.HEADERS)


@router.post("/api/search", dependencies=[Depends(paced)])
async def search(body: TheSearchBody, caller: TheCaller, searching: TheSearching, book: TheBooking) -> SearchResponse:
    """Find the passages that fit a text, best first."""
    found = await searching.search(body.search(caller), book=book)
    return SearchResponse.of(found)


@router.get("/api/usage")
async def usage(caller: TheCaller, limiting: TheLimiting, days: Annotated[int, Query(ge=0, le=366)] = 0) -> UsageBody:
    """Return what the caller has used in this day and month (UTC), on each of the last `days`, and what is left."""
    return UsageBody.of(await limiting.report(caller, days=days))


def _streamed(
    payloads: AsyncGenerator[sse.Payload, None], headers: Mapping[str, str], after: BackgroundTask | None = None
) -> StreamingResponse:
    return StreamingResponse(sse.encode(payloads), media_type=sse.MEDIA_TYPE, headers=headers, background=after)
