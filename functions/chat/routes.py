"""The routes of the chat function: parse, one call, map."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask

from functions.chat import native
from functions.chat.dependencies import TheAnswering, TheCaller, TheReadiness, TheSearching, TheTitling
from functions.chat.dependencies import caller as signed_in
from functions.chat.schemas import ChatRequest, SearchRequest, SearchResponse, SearchResult
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
async def chat(body: ChatRequest, caller: TheCaller, answering: TheAnswering, titling: TheTitling) -> StreamingResponse:
    """Answer a question from the documents, as a stream of events; a new conversation gets its title afterwards."""
    question = body.question()
    events = await answering.open(caller, question)
    stream = sse.encode(native.payloads(events))
    after = BackgroundTask(titling.title, caller, question.conversation_id) if question.may_begin else None
    return StreamingResponse(stream, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS, background=after)


@router.post("/api/search")
async def search(body: SearchRequest, caller: TheCaller, searching: TheSearching) -> SearchResponse:
    """Find the passages that fit a text, best first."""
    found = await searching.search(caller, body.query, limit=body.limit, where=body.where())
    return SearchResponse(results=[SearchResult.of(passage) for passage in found.passages])
