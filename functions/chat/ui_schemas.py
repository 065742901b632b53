"""Requests as the Vercel AI SDK's `useChat` sends them.

The client sends all that it shows; its own ids of conversations become ours, and the last answer of ours among the
messages says which one the question follows. Edited and repeated questions thereby become branches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.chat.schemas import Collection, FilterBody, Model
from sluice.domain import Caller, Filter
from sluice.question import Question

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:sluice:ui-conversation")


class Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class TextPart(Loose):
    """A part of a message; only those of type `text` are read."""

    type: str
    text: str = ""


class UiMessageBody(Loose):
    id: str = ""
    role: Literal["system", "user", "assistant"]
    parts: Annotated[list[TextPart], Field(max_length=10_000)] = []

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if part.type == "text").strip()


class UiChatRequest(Loose):
    """`collection`, `filter` and `model` are ours; `useChat` sends them as its extra body."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    messages: Annotated[list[UiMessageBody], Field(min_length=1, max_length=1_000)]
    trigger: str = "submit-message"
    message_id: Annotated[str | None, Field(alias="messageId")] = None
    collection: Collection | None = None
    filter: FilterBody = Filter()
    model: Model | None = None

    @model_validator(mode="after")
    def _ends_with_a_question(self) -> UiChatRequest:
        if self.messages[-1].role != "user" or not self.messages[-1].text:
            raise ValueError("the last of the messages must be the user's question")
        return self

    def question(self, caller: Caller) -> Question:
        """Return the question, in the conversation that is ours for the client's."""
        where = replace(self.filter, collection=self.collection)
        again = _uuid(self.message_id) if self.trigger == "regenerate-message" else None
        return Question(
            text=self.messages[-1].text,
            conversation_id=conversation_id(self.id, caller),
            where=where,
            model=self.model,
            at_tip=False,
            parent_id=self._parent(),
            regenerate=again,
            may_begin=True,
        )

    def _parent(self) -> UUID | None:
        answers = [_uuid(message.id) for message in self.messages if message.role == "assistant"]
        return next((answer for answer in reversed(answers) if answer), None)


def conversation_id(chat_id: str, caller: Caller) -> UUID:
    """Return our id of the client's conversation: its own if it is a UUID, else one that follows from it."""
    return _uuid(chat_id) or uuid5(_NAMESPACE, "\0".join([caller.tenant, caller.user, chat_id]))


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
