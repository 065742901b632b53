"""Requests in OpenAI's form. Clients send many parameters; those that mean nothing here are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from functions.chat.bounding import Bounds
from functions.chat.schemas import Collection, FilterBody
from sluice.domain import Filter, Message, Role, uuid7
from sluice.question import Question

INSTRUCTIONS_CHARACTERS = 16_000

Tokens = Annotated[int, Field(ge=1)]
Stops = Annotated[
    list[Annotated[str, StringConstraints(max_length=200)]],
    BeforeValidator(lambda stop: [stop] if isinstance(stop, str) else stop),
    Field(max_length=16),
]


class Part(BaseModel):
    """A part of a message's content; only text is read."""

    model_config = ConfigDict(extra="ignore")

    type: str = "text"
    text: str = ""


class ChatMessage(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ResponseFormat(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = "text"


class CompletionRequest(BaseModel):
    """`collection` and `filter` are ours: an SDK sends them as `extra_body`."""

    model_config = ConfigDict(extra="ignore")

    model: str = ""
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1_000)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    stop: Stops = []
    response_format: ResponseFormat | None = None
    collection: Collection | None = None
    filter: FilterBody = Filter()

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, content: Any) -> Any:
        """Some clients send null for what they leave to us."""
        if not isinstance(content, dict):
            return content
        return {name: value for name, value in content.items() if value is not None}

    @model_validator(mode="after")
    def _ends_with_a_question(self) -> CompletionRequest:
        if self.messages[-1].role != "user" or not self.messages[-1].text.strip():
            raise ValueError("the last of the messages must be the user's question")
        if any("\0" in message.text for message in self.messages):
            raise ValueError("the messages must not hold the character NUL")
        if self.n not in (None, 1):
            raise ValueError("n must be 1")
        if self.response_format and self.response_format.type != "text":
            raise ValueError("response_format must be text: answers cite, in words")
        if len(self.instructions()) > INSTRUCTIONS_CHARACTERS:
            raise ValueError(f"the instructions must not be longer than {INSTRUCTIONS_CHARACTERS:,} characters")
        return self

    def question(self, model: str | None) -> Question:
        """Return the question; the conversation stays with the client."""
        where = replace(self.filter, collection=self.collection)
        text, follows = self.messages[-1].text.strip(), bool(self.history())
        return Question(text, uuid7(), where, model, at_tip=follows, may_begin=True)

    def bounds(self) -> Bounds | None:
        """Return where the answer is to end by itself; of the two names for its tokens the newer one counts."""
        bounds = Bounds(self.max_completion_tokens or self.max_tokens, tuple(filter(None, self.stop)))
        return bounds if bounds != Bounds() else None

    def history(self) -> list[Message]:
        """Return what was said before by user and assistant; tools have no part in it."""
        return [
            Message(uuid7(), Role(message.role), message.text)
            for message in self.messages[:-1]
            if message.role in ("user", "assistant") and message.text.strip()
        ]

    def instructions(self) -> str:
        """Return what the application tells the model."""
        return "\n\n".join(message.text for message in self.messages if message.role in ("system", "developer"))
