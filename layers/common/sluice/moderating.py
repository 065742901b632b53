"""Questions and answers under the eyes of a moderation model, which the stream does not wait for.

The question is judged while passages are searched, and has to pass before the model is asked. The answer is judged in
windows that overlap, while it streams on: one that is flagged ends it there, and the end of an answer waits for the
verdict on its last window. What was sent until then stays sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sluice import background, prompting, tokens
from sluice.decorating import DecoratedModel
from sluice.domain import Usage
from sluice.errors import ModelError, ModerationUnavailable, QuestionFlagged
from sluice.ports import ChatModel, Delta, Finish, PromptMessage, TextDelta
from sluice.ports.moderation import Moderator

if TYPE_CHECKING:
    from sluice.completing import Book
    from sluice.question import Terms

logger = logging.getLogger(__name__)

FLAGGED = "content_filter"
"""The finish reason of an answer that was flagged, as of one that its own provider filtered."""
WINDOW, OVERLAP = 600, 200
"""Characters: how much is new in each window, and how much of the one before is seen again."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged, and what happens within how many `seconds` when there is no verdict: `fails_open` goes on."""

    questions: bool = True
    answers: bool = True
    fails_open: bool = False
    seconds: float = 5.0


class Moderation:
    """Judges by one moderation model and one policy."""

    def __init__(self, moderator: Moderator, policy: Policy | None = None) -> None:
        self._moderator = moderator
        self.policy = policy or Policy()

    def over(self, terms: Terms, question: str) -> Moderated:
        """Return the same terms with this moderation; `question` is empty where it is not known yet."""
        return Moderated(terms, self, question)

    async def flags(self, text: str, book: Book) -> bool:
        """Return whether the text is flagged; raise `ModerationUnavailable` where that ends an answer.

        What it takes is booked ahead, estimated, since these models don't count: no verdict waits until it is settled.
        """
        await book(self._moderator.model, Usage(tokens.estimate(text)))
        await self._moderator.ready()
        try:
            async with asyncio.timeout(self.policy.seconds):
                verdict = await self._moderator.judge(text)
        except (ModelError, TimeoutError) as error:
            if not self.policy.fails_open:
                raise ModerationUnavailable from error
            logger.warning("A text goes on without a verdict: %s", error or "moderation took too long")
            return False
        if verdict.is_flagged:
            logger.warning("A text was flagged: %s", ", ".join(verdict.categories))
        return verdict.is_flagged


class Moderated:
    """Other terms, under which the question and the answer are judged."""

    def __init__(self, terms: Terms, moderation: Moderation, question: str) -> None:
        self._terms = terms
        self._moderation = moderation
        self._question = question
        self._judging: asyncio.Task[bool] | None = None

    async def ask(self) -> None:
        """Begin to judge a question that may be asked."""
        await self._terms.ask()
        if self._question:
            self._judge(self._question)

    def through(self, model: ChatModel) -> ChatModel:
        return ModeratedModel(self._terms.through(model), self._moderation, self)

    async def book(self, model: str, usage: Usage) -> None:
        await self._terms.book(model, usage)

    async def admit(self, prompt: Sequence[PromptMessage]) -> None:
        """Wait for the verdict on the question; raise `QuestionFlagged`."""
        judging = self._judging or self._judge(prompting.read(prompt)[0])
        if judging and await judging:
            raise QuestionFlagged

    def _judge(self, question: str) -> asyncio.Task[bool] | None:
        if self._moderation.policy.questions:
            self._judging = background.begin(self._moderation.flags(question, self.book))
        return self._judging


class ModeratedModel(DecoratedModel):
    """A chat model that is asked what may be asked, and whose answer ends where it is flagged."""

    def __init__(self, model: ChatModel, moderation: Moderation, question: Moderated) -> None:
        super().__init__(model)
        self._moderation = moderation
        self._question = question

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Yield the answer as far as it is not flagged; raise `QuestionFlagged` or `ModerationUnavailable`."""
        await self._question.admit(messages)
        async with aclosing(self._model.stream(messages, model=model)) as deltas:
            watched = self._watch(deltas) if self._moderation.policy.answers else deltas
            async with aclosing(watched):
                async for delta in watched:
                    yield delta

    async def _watch(self, deltas: AsyncGenerator[Delta, None]) -> AsyncGenerator[Delta, None]:
        windows = _Windows(self._moderation, self._question.book)
        try:
            async for delta in deltas:
                if isinstance(delta, TextDelta):
                    windows.add(delta.text)
                if windows.are_flagged():
                    yield Finish(FLAGGED, Usage())
                    return
                is_flagged = isinstance(delta, Finish) and await windows.end()
                yield replace(delta, reason=FLAGGED) if is_flagged and isinstance(delta, Finish) else delta
        finally:
            windows.close()


class _Windows:
    """The text of an answer, and the verdicts on its windows."""

    def __init__(self, moderation: Moderation, book: Book) -> None:
        self._moderation = moderation
        self._book = book
        self._text = ""
        self._shown = 0
        self._judging: list[asyncio.Task[bool]] = []

    def add(self, text: str) -> None:
        self._text += text
        if len(self._text) - self._shown >= WINDOW:
            self._show()

    def are_flagged(self) -> bool:
        """Return whether a window is known to be flagged."""
        return any(task.result() for task in self._judging if task.done())

    async def end(self) -> bool:
        """Return whether any window was flagged, once that is known of all."""
        if self._shown < len(self._text):
            self._show()
        return any(await asyncio.gather(*self._judging))

    def close(self) -> None:
        for task in self._judging:
            task.cancel()

    def _show(self) -> None:
        window = self._text[max(0, self._shown - OVERLAP) :]
        self._shown = len(self._text)
        self._judging.append(background.begin(self._moderation.flags(window, self._book)))
