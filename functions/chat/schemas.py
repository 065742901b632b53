"""The bodies of the chat function's requests and answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sluice import branching, filtering
from sluice.domain import Caller, Conversation, Filter, Message, Passage, Search, Source, Usage, uuid7
from sluice.limiting import Report
from sluice.question import Question
from sluice.searching import Found
from sluice.spending import DayUsed

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# The database takes no NUL.
Collection = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Model = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Request(BaseModel):
    """A body that says no more than it may: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


# What it may hold is said where it is read; pydantic lets that error through.
FilterBody = Annotated[Filter, PlainValidator(filtering.parse, json_schema_input_type=dict[str, object])]


class Scoped(Request):
    collection: Collection | None = None
    filter: FilterBody = Filter()

    def where(self) -> Filter:
        return replace(self.filter, collection=self.collection)


class ChatRequest(Scoped):
    """A question, or the message whose question is to be answered again."""

    conversation_id: UUID | None = None
    parent_id: UUID | None = None
    regenerate: UUID | None = None
    model: Model | None = None
    message: Annotated[Text | None, Field(validate_default=True)] = None

    @field_validator("message")
    @classmethod
    def _asks_one_thing(cls, message: str | None, info: ValidationInfo) -> str | None:
        if (message is None) == (info.data.get("regenerate") is None):
            raise ValueError("say either message or regenerate")
        if info.data.get("regenerate") and info.data.get("parent_id"):
            raise ValueError("say either regenerate or parent_id")
        if info.data.get("conversation_id") is None and (info.data.get("regenerate") or info.data.get("parent_id")):
            raise ValueError("regenerate and parent_id need the conversation_id")
        return message

    def question(self) -> Question:
        """An absent `parent_id` means the end of the conversation, `null` another beginning of it."""
        return Question(
            text=self.message or "",
            conversation_id=self.conversation_id or uuid7(),
            where=self.where(),
            model=self.model,
            at_tip=self.conversation_id is not None and "parent_id" not in self.model_fields_set,
            parent_id=self.parent_id,
            regenerate=self.regenerate,
            may_begin=self.conversation_id is None,
        )


class SearchRequest(Scoped):
    query: Text
    limit: Annotated[int, Field(ge=1, le=50)] = 8

    def search(self, caller: Caller) -> Search:
        return Search(caller, self.query, self.limit, self.where())


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
    """The passages, and milliseconds of each stage; `unranked` says why they are not ranked anew where they should."""

    results: list[SearchResult]
    timing: dict[str, float] = {}
    unranked: str | None = None

    @classmethod
    def of(cls, found: Found) -> SearchResponse:
        timing = {stage: round(spent, 1) for stage, spent in found.timing.items()}
        results = [SearchResult.of(passage) for passage in found.passages]
        return cls(results=results, timing=timing, unranked=found.unranked)


class MessageBody(BaseModel):
    id: UUID
    parent_id: UUID | None
    role: str
    content: str
    sources: list[Source]
    citations: list[Source]
    model: str | None
    finish_reason: str | None
    created_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> MessageBody:
        return cls.model_validate({name: getattr(message, name) for name in cls.model_fields})


class ConversationSummary(BaseModel):
    id: UUID
    title: str
    created_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationSummary:
        return cls.model_validate({name: getattr(conversation, name) for name in cls.model_fields})


class ConversationPage(BaseModel):
    """`next` is the cursor of the page that follows; null on the last."""

    conversations: list[ConversationSummary]
    next: str | None


class ConversationBody(ConversationSummary):
    """All branches; `path` names the messages of the one that is being read, oldest first."""

    messages: list[MessageBody]
    path: list[UUID]

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationBody:
        return cls(
            **ConversationSummary.of(conversation).model_dump(),
            messages=[MessageBody.of(message) for message in conversation.messages],
            path=[message.id for message in branching.path(conversation.messages, conversation.tip)],
        )


class ConversationChange(Request):
    """A new title, the branch to read on (any message of it), or both."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    message_id: UUID | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> ConversationChange:
        if self.title is None and self.message_id is None:
            raise ValueError("say title, message_id or both")
        return self


class Stopped(BaseModel):
    """The answers that were asked to end; they do within a second."""

    message_ids: list[UUID]


class SpanBody(BaseModel):
    """What was used in a day or month; `cost` is US dollars."""

    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: float

    @classmethod
    def of(cls, answers: int, usage: Usage) -> SpanBody:
        return cls(
            answers=answers,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=round(usage.cost or 0.0, 6),
        )


class DayBody(SpanBody):
    date: date

    @classmethod
    def of_day(cls, used: DayUsed) -> DayBody:
        return cls(date=used.day, **SpanBody.of(used.answers, used.usage).model_dump())


class UsageBody(BaseModel):
    """`limits` and `left` name only what is limited; `days` are as many as were asked for, today the last."""

    day: SpanBody
    month: SpanBody
    days: list[DayBody]
    streams: int
    limits: dict[str, float]
    left: dict[str, float]

    @classmethod
    def of(cls, report: Report) -> UsageBody:
        used = report.used
        return cls(
            day=SpanBody.of(used.day_answers, used.day),
            month=SpanBody.of(used.month_answers, used.month),
            days=[DayBody.of_day(each) for each in report.days],
            streams=used.streams,
            limits=report.limits,
            left=report.left,
        )
