"""The routes of the chat function: parse, one call, map."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask

from functions.chat import native
from functions.chat.dependencies import (
    TheAsking,
    TheCaller,
    TheLimiting,
    TheReadiness,
    TheSearching,
    TheTitling,
    paced,
)
from functions.chat.dependencies import caller as signed_in
from functions.chat.schemas import ChatRequest, SearchRequest, SearchResponse, SearchResult, UsageBody
from sluice import sse

public = APIRouter()
# Nothing here is open to strangers, not even what needs no caller.
router = APIRouter(dependencies=[Depends(signed_in)])


@public.get("/healthz")
async def health(readiness: TheReadiness) -> JSONResponse:
    """200 once questions can be answered; else 503 with what is missing."""
    problems = await readiness.problems()
    status = "not_ready" if problems else "ready"
    return JSONResponse({"status": status, "problems": problems}, 503 if problems else 200)


@router.post("/api/chat", response_class=StreamingResponse)
async def chat(body: ChatRequest, caller: TheCaller, asking: TheAsking, titling: TheTitling) -> StreamingResponse:
    """Answer a question from the documents, as a stream of events; a new conversation gets its title afterwards."""
    question = body.question()
    events = await asking.open(question)
    stream = sse.encode(native.payloads(events))
    begun = question.conversation_id if question.may_begin else None
    after = BackgroundTask(titling.title, caller, begun) if begun else None
    return StreamingResponse(stream, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS, background=after)


@router.post("/api/search", dependencies=[Depends(paced)])
async def search(body: SearchRequest, caller: TheCaller, searching: TheSearching) -> SearchResponse:
    """Find the passages that fit a text, best first."""
    found = await searching.search(caller, body.query, limit=body.limit, where=body.where())
    return SearchResponse(results=[SearchResult.of(passage) for passage in found.passages])


@router.get("/api/usage")
async def usage(caller: TheCaller, limiting: TheLimiting) -> UsageBody:
    """Return what the caller has used in this day and month (UTC), and what is left."""
    return UsageBody.of(await limiting.report(caller))
