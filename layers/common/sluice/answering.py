"""The use case of a question: keep it, search, prompt, stream the model's answer with its citations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sluice import background, citing, history, prompting, titling, tokens
from sluice.domain import Caller, Message, Regeneration, Search, Turn, Usage, uuid7
from sluice.draft import Draft
from sluice.errors import DatabaseUnavailable, ModelNotOffered, QuestionTooLong
from sluice.events import AnswerEvent, AnswerStarted, SourceCited, SourcesFound, StatusChanged, TextAdded
from sluice.overlapping import Ahead, give_way
from sluice.ports import AnswerKeeper, ChatModel, Delta, Finish, NextAttempt, PromptMessage
from sluice.question import Limits, Question, Terms
from sluice.recording import BEAT_SECONDS, Recording
from sluice.retrieving import Placed, Retrieving
from sluice.searching import Found
from sluice.waking import Waking

if TYPE_CHECKING:
    from sluice.masking import Masking


@dataclass(frozen=True, slots=True)
class _Opened:
    """The question as it is kept, and the path before it."""

    question: str
    question_id: UUID
    path: list[Message]


class Answering:
    """Answers questions from the caller's documents."""

    def __init__(
        self,
        *,
        retrieving: Retrieving,
        chat_model: ChatModel,
        conversations: AnswerKeeper,
        limits: Limits,
        masking: Masking | None = None,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self._retrieving = retrieving
        self._chat_model = chat_model
        self._conversations = conversations
        self._limits = limits
        self._masking = masking
        self._beat = beat
        self._terms: Terms | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The models that a question may ask for, the usual one first."""
        return tuple(dict.fromkeys((self._chat_model.name, *sorted(self._limits.offered_models))))

    def under(self, terms: Terms, keeper: AnswerKeeper | None = None) -> Answering:
        """Return the same under these terms, and with `keeper`, keeping what is said there."""
        other = copy(self)
        other._terms = terms
        other._chat_model = terms.through(self._chat_model)
        other._conversations = keeper or self._conversations
        return other

    async def open(
        self, caller: Caller, question: Question, *, timing: Mapping[str, float] | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Keep the question and return the answer's events; the search is under way when this returns.

        `timing` holds the milliseconds of what came before, which are told and kept with those of the answer.
        Raises what the caller can mend (`QuestionTooLong`, `ModelNotOffered`, `ConversationNotFound`,
        `MessageNotFound`), and what the terms refuse with. While the database is starting it returns early, and all
        that comes later is an event.
        """
        self._check(question)
        conversation_id = question.conversation_id or uuid7()
        # Keys are in the order of time, and so are the messages that they name: the question comes first.
        question_id, answer_id = uuid7(), uuid7()
        draft = Draft(id=answer_id, model=question.model or self._chat_model.name, masking=self._masking)
        draft.timing.update(timing or {})
        turn = _turn(question, conversation_id, question_id, draft)
        waking = Waking(limit=self._limits.waking_limit, notice=self._limits.waking_notice)
        searching = background.begin(self._search(caller, question, lambda: _placed(beginning), waking))
        beginning = background.begin(self._begin(caller, question, turn, waking))
        await self._settle(beginning, searching, waking)
        generation = self._generate(question, turn, draft, beginning, searching)
        return Recording(self._conversations, caller, draft, beginning, beat=self._beat).stream(generation)

    def _check(self, question: Question) -> None:
        if len(question.text) > self._limits.question_characters:
            raise QuestionTooLong
        if question.model not in (None, self._chat_model.name, *self._limits.offered_models):
            raise ModelNotOffered

    async def _settle(self, beginning: asyncio.Task[_Opened], searching: asyncio.Task[Found], waking: Waking) -> None:
        """Wait until the question is kept, or until the client should be told why it is not yet."""
        noticing = asyncio.create_task(waking.noticed.wait())
        try:
            await asyncio.wait([beginning, noticing], return_when=asyncio.FIRST_COMPLETED)
            if beginning.done():
                beginning.result()
        except BaseException:
            for task in (beginning, searching):  # what still runs would keep a question, or hold a budget, for nobody
                task.cancel()
            raise
        finally:
            noticing.cancel()

    async def _begin(self, caller: Caller, question: Question, turn: Turn, waking: Waking) -> _Opened:
        limits = {
            "messages": self._limits.history_messages,
            # More characters than tokens; `history.fit` then cuts by tokens.
            "characters": 4 * self._limits.prompt_tokens,
        }
        await give_way()  # to the search, whose way to the model that embeds is the longer one
        if self._terms:
            await waking.wait(self._terms.ask)
        if question.regenerate:
            again = Regeneration(turn.conversation_id, question.regenerate, turn.answer_id, turn.model)
            *path, asked = await waking.query(lambda: self._conversations.begin_again(caller, again, **limits))
            return _Opened(asked.content, asked.id, path)
        path = await waking.query(lambda: self._conversations.begin(caller, turn, **limits))
        return _Opened(question.text, turn.question_id, path)

    async def _search(self, caller: Caller, question: Question, placed: Placed, waking: Waking) -> Found:
        search = Search(caller, question.text, self._limits.passages, question.where)
        return await self._retrieving.find(search, placed, follows=question.follows, waking=waking, book=self._book)

    async def _book(self, model: str, usage: Usage) -> None:
        if self._terms:
            await self._terms.book(model, usage)

    async def _generate(
        self,
        question: Question,
        turn: Turn,
        draft: Draft,
        beginning: asyncio.Task[_Opened],
        searching: asyncio.Task[Found],
    ) -> AsyncGenerator[AnswerEvent, None]:
        try:
            yield AnswerStarted(turn.conversation_id, draft.id, _question_id(question, turn, beginning))
            if not beginning.done():
                yield StatusChanged("database_waking", reason=DatabaseUnavailable.code)
            opened, found = await beginning, await searching
        finally:
            searching.cancel()
        draft.timing.update({stage: round(spent, 1) for stage, spent in found.timing.items()})
        if found.unranked:
            yield StatusChanged("unranked", reason=found.unranked)
        prompt = await self._prompt(question, opened, found)
        draft.prompt_tokens = sum(tokens.estimate(message.content) for message in prompt)
        # The model is asked first: what it rests on is worked out and told while it thinks.
        async with Ahead(self._chat_model.stream(prompt, model=question.model)) as deltas:
            draft.rest_on(citing.number(found.passages, opened.question))
            yield SourcesFound(draft.sources)
            async with aclosing(_speak(deltas, draft)) as events:
                async for event in events:
                    yield event

    async def _prompt(self, question: Question, opened: _Opened, found: Found) -> list[PromptMessage]:
        """Passages and question first, then as much of the history as the model has room for."""
        budget = self._limits.prompt_tokens
        if context := await self._chat_model.context_tokens(question.model):
            budget = min(budget, context - self._limits.answer_tokens)
        characters = min(self._limits.prompt_characters, max(0, round(budget * tokens.BYTES_PER_TOKEN)))
        bare = prompting.build(opened.question, (), found.passages, characters)
        room = budget - sum(tokens.estimate(message.content) for message in bare)
        return prompting.build(opened.question, history.fit(opened.path, room), found.passages, characters)


async def _speak(
    deltas: AsyncIterable[Delta], draft: Draft
) -> AsyncGenerator[TextAdded | SourceCited | StatusChanged, None]:
    async for delta in deltas:
        if isinstance(delta, NextAttempt):
            draft.model = delta.model
            yield StatusChanged(delta.state, delta.model, delta.reason)
            continue
        settled = draft.end(delta.reason, delta.usage) if isinstance(delta, Finish) else draft.add(delta.text)
        for event in settled:
            yield event


async def _placed(beginning: asyncio.Task[_Opened]) -> tuple[str, list[Message]]:
    opened = await asyncio.shield(beginning)
    return opened.question, opened.path


def _question_id(question: Question, turn: Turn, beginning: asyncio.Task[_Opened]) -> UUID | None:
    """Only the database knows which question is answered again."""
    if question.regenerate:
        return beginning.result().question_id if beginning.done() else None
    return turn.question_id


def _turn(question: Question, conversation_id: UUID, question_id: UUID, draft: Draft) -> Turn:
    return Turn(
        conversation_id=conversation_id,
        question_id=question_id,
        answer_id=draft.id,
        text=question.text,
        model=draft.model,
        title=titling.from_question(question.text),
        may_begin=question.may_begin or question.conversation_id is None,
        at_tip=question.at_tip,
        parent_id=question.parent_id,
    )
