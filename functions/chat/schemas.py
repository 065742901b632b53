"""The bodies of the chat function's requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sluice.domain import Conversation, Filter, Message, Passage, Source

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Collection = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Model = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Request(BaseModel):
    """A body that says no more than it may: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class FilterBody(Request):
    document_ids: Annotated[list[UUID], Field(max_length=100)] = []
    metadata: Annotated[dict[str, str | int | float | bool], Field(max_length=20)] = {}


class Scoped(Request):
    collection: Collection | None = None
    filter: FilterBody = FilterBody()

    def where(self) -> Filter:
        return Filter(self.collection, tuple(self.filter.document_ids), self.filter.metadata)


class ChatRequest(Scoped):
    message: Text
    conversation_id: UUID | None = None
    model: Model | None = None


class SearchRequest(Scoped):
    query: Text
    limit: Annotated[int, Field(ge=1, le=50)] = 8


class SearchResult(BaseModel):
    document_id: UUID
    source: str
    title: str
    content: str
    score: float
    page: int | None
    start: int
    end: int
    metadata: dict[str, object]

    @classmethod
    def of(cls, passage: Passage) -> SearchResult:
        return cls.model_validate({name: getattr(passage, name) for name in cls.model_fields})


class SearchResponse(BaseModel):
    results: list[SearchResult]


class MessageBody(BaseModel):
    id: UUID
    role: str
    content: str
    citations: list[Source]
    model: str | None
    finish_reason: str | None
    created_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> MessageBody:
        return cls.model_validate({name: getattr(message, name) for name in cls.model_fields})


class ConversationBody(BaseModel):
    id: UUID
    title: str
    messages: list[MessageBody]
    created_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationBody:
        return cls(
            id=conversation.id,
            title=conversation.title,
            messages=[MessageBody.of(message) for message in conversation.messages],
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
        )
