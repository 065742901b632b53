"""What is to happen to an answer, by chance, and whether what is kept of it agrees with what its client saw."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from sluice.domain import Conversation
from sluice.errors import AnswerCutOff, ModelUnavailable
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, AnswerStarted, TextAdded
from sluice.ports import Finish, PromptMessage, TextDelta
from sluice.testing.models import STOP

CLIENTS = ["reads", "leaves", "resumes", "stops"]
FATES = ["whole", "whole", "fails at first", "fails always", "breaks off"]
FAILURES = {"fails always": {"model_unavailable"}, "breaks off": {"answer_cut_off"}}


@dataclass
class Asked:
    """One question, what was to happen to it, and what its client saw."""

    number: int
    client: str
    fate: str
    words: list[str]
    conversation: Asked | None = None
    seen: list[AnswerEvent] = field(default_factory=list)

    @property
    def started(self) -> AnswerStarted:
        assert isinstance(self.seen[0], AnswerStarted)
        return self.seen[0]

    @classmethod
    def by_chance(cls, number: int, chance: random.Random) -> Asked:
        words = [f"w{number}.{place} " for place in range(chance.randrange(5, 60))]
        return cls(number, chance.choice(CLIENTS), chance.choice(FATES), words)

    @property
    def has_ended(self) -> bool:
        return isinstance(self.seen[-1], AnswerDone | AnswerFailed)

    @property
    def end(self) -> str:
        """How it ended, as its client was told."""
        match self.seen[-1]:
            case AnswerDone(finish_reason=reason):
                return reason
            case AnswerFailed(code=code):
                return code
        return "left"

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.seen if isinstance(event, TextAdded))


class FatefulModel:
    """Says the words of one answer, as far as its fate lets it."""

    name = "fateful"

    def __init__(self, asked: Asked, chance: random.Random) -> None:
        self._asked = asked
        self._chance = chance
        self._calls = 0

    async def ready(self, model: str | None = None) -> None:
        pass

    async def context_tokens(self, model: str | None = None) -> int | None:
        return None

    async def stream(
        self, messages: Sequence[PromptMessage], *, model: str | None = None
    ) -> AsyncGenerator[TextDelta | Finish, None]:
        self._calls += 1
        if self._asked.fate == "fails always" or (self._asked.fate == "fails at first" and self._calls == 1):
            raise ModelUnavailable
        for place, word in enumerate(self._asked.words):
            if self._asked.fate == "breaks off" and place == len(self._asked.words) // 2:
                raise AnswerCutOff
            yield TextDelta(word)
            await asyncio.sleep(self._chance.uniform(0, 0.08))
        yield STOP


def complaints(asked: Asked, conversation: Conversation) -> list[str]:
    """Return in what the store and the client disagree."""
    found = []
    questions = [each for each in conversation.messages if each.content == f"question {asked.number}"]
    answers = [each for each in conversation.messages if each.id == asked.started.message_id]
    if len(questions) != 1:
        found.append(f"{len(questions)} questions")
    if len(answers) != 1:
        return [*found, f"{len(answers)} answers"]
    [answer] = answers
    if answer.parent_id != asked.started.question_id:
        found.append("the answer follows another question")
    if answer.finish_reason is None:
        found.append("no finish reason")
    # Whoever left may have missed what came until its leaving was known.
    if not (answer.content == asked.text or (asked.client == "leaves" and answer.content.startswith(asked.text))):
        found.append(f"{asked.client}/{asked.fate}: kept {answer.content!r}, seen {asked.text!r}")
    last = asked.seen[-1]
    if isinstance(last, AnswerDone) and last.finish_reason != answer.finish_reason:
        found.append(f"told {last.finish_reason}, kept {answer.finish_reason}")
    if isinstance(last, AnswerFailed) and last.code not in FAILURES.get(asked.fate, ()):
        found.append(f"{asked.fate}, but told {last.code}")
    if isinstance(last, AnswerFailed) and answer.finish_reason != "error":
        found.append(f"told an error, kept {answer.finish_reason}")
    return found
