"""The use case of a question: search, prompt, stream the model's answer with its citations, keep the turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from uuid import UUID

from sluice import citing, prompting
from sluice.citing import Citations
from sluice.domain import Caller, Conversation, Filter, Message, Role, Usage, uuid7
from sluice.errors import ModelNotOffered, QuestionTooLong, SluiceError
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, AnswerStarted, SourceCited, SourcesFound, TextAdded
from sluice.ports import ChatModel, ConversationStore, Finish
from sluice.searching import Found, Searching

logger = logging.getLogger(__name__)

TITLE_CHARACTERS = 80
# Finish reasons of answers that the model did not end itself.
INTERRUPTED = "interrupted"
FAILED = "error"


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks: alone, or as the next turn of a conversation."""

    text: str
    conversation_id: UUID | None = None
    where: Filter = field(default_factory=Filter)
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a question may ask for, and how much goes into one answer."""

    passages: int = 8
    history_messages: int = 20
    prompt_characters: int = 48_000
    question_characters: int = 16_000
    offered_models: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Answer:
    """An answer in the making."""

    id: UUID
    model: str
    text: list[str] = field(default_factory=list)
    finish_reason: str = INTERRUPTED
    usage: Usage = field(default_factory=Usage)
    citations: Citations = field(default_factory=lambda: Citations(()))
    began: float = field(default_factory=perf_counter)
    timing: dict[str, float] = field(default_factory=dict)

    def reached(self, stage: str) -> None:
        """Note the milliseconds from the beginning to the first time that the stage is reached."""
        self.timing.setdefault(stage, round(1000 * (perf_counter() - self.began), 1))

    def message(self) -> Message:
        return Message(
            id=self.id,
            role=Role.ASSISTANT,
            content="".join(self.text),
            citations=tuple(self.citations.cited.values()),
            model=self.model,
            finish_reason=self.finish_reason,
            usage=self.usage,
        )


class Answering:
    """Answers questions from the caller's documents."""

    def __init__(
        self, *, searching: Searching, chat_model: ChatModel, conversations: ConversationStore, limits: Limits
    ) -> None:
        self._searching = searching
        self._chat_model = chat_model
        self._conversations = conversations
        self._limits = limits

    async def open(self, caller: Caller, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Check the question and return the answer's events; the search is under way when this returns.

        Raises what the caller can mend (`QuestionTooLong`, `ModelNotOffered`, `ConversationNotFound`). An error that
        comes later is an `AnswerFailed`.
        """
        if len(question.text) > self._limits.question_characters:
            raise QuestionTooLong
        if question.model not in (None, self._chat_model.name, *self._limits.offered_models):
            raise ModelNotOffered
        search = asyncio.create_task(
            self._searching.search(caller, question.text, limit=self._limits.passages, where=question.where)
        )
        try:
            conversation = await self._conversation(caller, question)
        except BaseException:
            search.cancel()
            raise
        return self._run(caller, question, conversation, search)

    async def _conversation(self, caller: Caller, question: Question) -> Conversation:
        if question.conversation_id is None:
            return Conversation(id=uuid7(), title=_title(question.text))
        return await self._conversations.load(caller, question.conversation_id, last=self._limits.history_messages)

    async def _run(
        self, caller: Caller, question: Question, conversation: Conversation, search: asyncio.Task[Found]
    ) -> AsyncGenerator[AnswerEvent, None]:
        asked = Message(id=uuid7(), role=Role.USER, content=question.text)
        answer = _Answer(id=uuid7(), model=question.model or self._chat_model.name)
        failure: SluiceError | None = None
        try:
            yield AnswerStarted(conversation.id, answer.id)
            async with aclosing(self._answer(question, conversation, search, answer)) as events:
                async for event in events:
                    yield event
        except SluiceError as error:
            answer.finish_reason, failure = FAILED, error
        finally:
            # Also when the client is gone or the deadline came: what was asked and said so far is kept.
            search.cancel()
            lost = await self._keep(caller, conversation, asked, answer)
        answer.reached("total")
        yield _last_event(answer, failure or lost)

    async def _answer(
        self, question: Question, conversation: Conversation, search: asyncio.Task[Found], answer: _Answer
    ) -> AsyncGenerator[SourcesFound | TextAdded | SourceCited, None]:
        found = await search
        answer.timing.update({stage: round(spent, 1) for stage, spent in found.timing.items()})
        prompt = prompting.build(question.text, conversation.messages, found.passages, self._limits.prompt_characters)
        sources = citing.number(found.passages, question.text)
        answer.citations = Citations(sources)
        yield SourcesFound(sources)
        async with aclosing(self._chat_model.stream(prompt, model=question.model)) as deltas:
            async for delta in deltas:
                if isinstance(delta, Finish):
                    answer.finish_reason, answer.usage = delta.reason, delta.usage
                    events = answer.citations.end()
                else:
                    answer.reached("first_token")
                    events = answer.citations.feed(delta.text)
                for event in events:
                    if isinstance(event, TextAdded):
                        answer.text.append(event.text)
                    yield event

    async def _keep(
        self, caller: Caller, conversation: Conversation, asked: Message, answer: _Answer
    ) -> SluiceError | None:
        try:
            await self._conversations.append(caller, conversation.id, conversation.title, [asked, answer.message()])
        except SluiceError as error:
            logger.exception("The turn could not be kept.")
            return error
        return None


def _last_event(answer: _Answer, failure: SluiceError | None) -> AnswerDone | AnswerFailed:
    if failure:
        return AnswerFailed(failure.code, failure.message, failure.retryable)
    return AnswerDone(answer.finish_reason, answer.model, answer.usage, answer.timing)


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"
