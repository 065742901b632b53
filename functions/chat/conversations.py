"""The routes of conversations: list, read, rename, delete; stop an answer, follow one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse

from functions.chat import cursor, native
from functions.chat.dependencies import TheCaller, TheConversations, TheFollowing
from functions.chat.dependencies import caller as signed_in
from functions.chat.schemas import (
    ConversationBody,
    ConversationChange,
    ConversationPage,
    ConversationSummary,
    Stopped,
)
from sluice import sse
from sluice.domain import TitledBy

router = APIRouter(prefix="/api/conversations", dependencies=[Depends(signed_in)])

# What a client sends that begins anew, or that knows no numbers.
LastEventId = Annotated[int, Header(alias="last-event-id", ge=0, le=10**9)]


@router.get("")
async def page(
    caller: TheCaller,
    conversations: TheConversations,
    search: Annotated[str | None, Query(max_length=200)] = None,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ConversationPage:
    """List conversations, last used first."""
    begin = cursor.read(after) if after else None
    found = await conversations.page(caller, search=search, after=begin, limit=limit + 1)
    shown = found[:limit]
    return ConversationPage(
        conversations=[ConversationSummary.of(conversation) for conversation in shown],
        next=cursor.write(shown[-1]) if len(found) > limit else None,
    )


@router.get("/{conversation_id}")
async def read(conversation_id: UUID, caller: TheCaller, conversations: TheConversations) -> ConversationBody:
    """Return a conversation with all its branches."""
    return ConversationBody.of(await conversations.load(caller, conversation_id))


@router.patch("/{conversation_id}")
async def change(
    conversation_id: UUID, body: ConversationChange, caller: TheCaller, conversations: TheConversations
) -> ConversationBody:
    """Rename a conversation, or read on in another of its branches."""
    if body.message_id:
        await conversations.select(caller, conversation_id, body.message_id)
    if body.title:
        await conversations.rename(caller, conversation_id, body.title, by=TitledBy.USER)
    return ConversationBody.of(await conversations.load(caller, conversation_id))


@router.delete("/{conversation_id}", status_code=204)
async def delete(conversation_id: UUID, caller: TheCaller, conversations: TheConversations) -> Response:
    """Delete a conversation with all its messages."""
    await conversations.delete(caller, conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/stop")
async def stop(conversation_id: UUID, caller: TheCaller, conversations: TheConversations) -> Stopped:
    """End the answers that are being made, in whatever environment."""
    return Stopped(message_ids=await conversations.stop(caller, conversation_id))


@router.get("/{conversation_id}/messages/{message_id}/events", response_class=StreamingResponse)
async def events(
    conversation_id: UUID,
    message_id: UUID,
    caller: TheCaller,
    following: TheFollowing,
    last_event_id: LastEventId = 0,
) -> StreamingResponse:
    """Send the events of an answer after the last one that the client has, to the answer's end."""
    followed = await following.open(caller, conversation_id, message_id, after=last_event_id)
    stream = sse.encode(native.payloads(followed), after=last_event_id)
    return StreamingResponse(stream, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)
