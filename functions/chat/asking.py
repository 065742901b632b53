"""How a question is asked, by whichever protocol it came: within the caller's limits, and measured."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.chat.bounding import Bounded, Bounds
from functions.chat.instructing import Instructed
from sluice.answering import Answering
from sluice.domain import Caller
from sluice.events import AnswerEvent
from sluice.limiting import Limiting
from sluice.measuring import Metrics, measure
from sluice.ports import AnswerKeeper
from sluice.question import Question, Terms

if TYPE_CHECKING:
    from sluice.moderating import Moderation


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks for one caller, whom it took `auth_ms` to recognise."""

    caller: Caller
    answering: Answering
    limiting: Limiting
    metrics: Metrics | None
    auth_ms: float
    moderation: Moderation | None = None

    async def open(
        self,
        question: Question,
        keeper: AnswerKeeper | None = None,
        *,
        instructions: str = "",
        bounds: Bounds | None = None,
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Return the answer's events; raise what the caller can mend, or a limit that is reached."""
        admission = self.limiting.answer(self.caller, question.text + instructions, question.model)
        terms = self._terms(admission, question.text, instructions, bounds)
        try:
            events = await self.answering.under(terms, keeper).open(
                self.caller, question, timing={"auth": self.auth_ms}
            )
        except BaseException:
            await admission.release()
            raise
        return measure(admission.follow(events), self.metrics, auth_ms=self.auth_ms)

    def _terms(self, admission: Terms, question: str, instructions: str, bounds: Bounds | None) -> Terms:
        terms = Instructed(admission, instructions) if instructions else admission
        terms = Bounded(terms, bounds) if bounds else terms
        if self.moderation:
            terms = self.moderation.over(terms, "\n\n".join(filter(None, [instructions, question])))
        return terms
