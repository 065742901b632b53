"""The routes of the chat function: parse, one call, map."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, StreamingResponse

from functions.chat import native
from functions.chat.dependencies import TheAnswering, TheCaller, TheConversations, TheReadiness, TheSearching
from functions.chat.dependencies import caller as signed_in
from functions.chat.schemas import ChatRequest, ConversationBody, SearchRequest, SearchResponse, SearchResult
from sluice import sse
from sluice.answering import Question

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
async def chat(body: ChatRequest, caller: TheCaller, answering: TheAnswering) -> StreamingResponse:
    """Answer a question from the documents, as a stream of events."""
    question = Question(body.message, body.conversation_id, body.where(), body.model)
    events = await answering.open(caller, question)
    stream = sse.encode(native.payloads(events))
    return StreamingResponse(stream, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


@router.post("/api/search")
async def search(body: SearchRequest, caller: TheCaller, searching: TheSearching) -> SearchResponse:
    """Find the passages that fit a text, best first."""
    found = await searching.search(caller, body.query, limit=body.limit, where=body.where())
    return SearchResponse(results=[SearchResult.of(passage) for passage in found.passages])


@router.get("/api/conversations/{conversation_id}")
async def conversation(conversation_id: UUID, caller: TheCaller, conversations: TheConversations) -> ConversationBody:
    """Return a conversation with its newest 200 messages, oldest first."""
    return ConversationBody.of(await conversations.load(caller, conversation_id, last=200))
