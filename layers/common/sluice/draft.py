"""An answer in the making: what was said so far, from what, and how long each stage took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID

from sluice import tokens
from sluice.citing import Citations
from sluice.domain import Message, Role, Source, Usage
from sluice.events import SourceCited, TextAdded

if TYPE_CHECKING:
    from sluice.masking import Masker, Masking


@dataclass(slots=True)
class Draft:
    """Takes in an answer piece by piece. `finish_reason` is None while it is being made.

    With `masking` all that leaves it, to readers and to the database, is masked.
    `prompt_tokens` is what the prompt was estimated at, once the model was asked.
    """

    id: UUID
    model: str
    sources: tuple[Source, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int = 0
    masking: Masking | None = None
    timing: dict[str, float] = field(default_factory=dict)
    _counted: Usage | None = None
    _text: list[str] = field(default_factory=list)
    _citations: Citations = field(default_factory=lambda: Citations(()))
    _masker: Masker | None = None
    _began: float = field(default_factory=perf_counter)

    def rest_on(self, sources: tuple[Source, ...]) -> None:
        """Begin the text: its markers cite these."""
        if masking := self.masking:
            self._masker = masking.begin()
            sources = tuple(replace(source, quote=masking.whole(source.quote)) for source in sources)
        self.sources = sources
        self._citations = Citations(sources)

    def add(self, text: str) -> Iterator[TextAdded | SourceCited]:
        """Take in a piece of the model's text and yield what of it is settled."""
        self.reached("first_token")
        text = _storable(text)
        return self._keep(self._citations.feed(self._masker.feed(text) if self._masker else text))

    def end(self, reason: str, usage: Usage) -> Iterator[TextAdded | SourceCited]:
        """Take in the model's own end and yield what was held back."""
        self.finish_reason, self._counted = reason, usage if usage.tokens else None
        if self._masker:
            yield from self._keep(self._citations.feed(self._masker.end()))
        yield from self._keep(self._citations.end())

    def reached(self, stage: str) -> None:
        """Note the milliseconds from the beginning to the first time that the stage is reached."""
        self.timing.setdefault(stage, round(1000 * (perf_counter() - self._began), 1))

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def usage(self) -> Usage:
        """What the model counted; estimated for an answer that it did not end, since it then tells nobody."""
        if self._counted or not self.prompt_tokens:
            return self._counted or Usage()
        return Usage(self.prompt_tokens, tokens.estimate(self.text))

    def message(self) -> Message:
        """Return the answer as it is kept."""
        return Message(
            id=self.id,
            role=Role.ASSISTANT,
            content=self.text,
            citations=tuple(self._citations.cited.values()),
            model=self.model,
            finish_reason=self.finish_reason,
            usage=self.usage if self.finish_reason else None,
            sources=self.sources,
        )

    def _keep(self, events: Iterator[TextAdded | SourceCited]) -> Iterator[TextAdded | SourceCited]:
        for event in events:
            if isinstance(event, TextAdded):
                self._text.append(event.text)
            yield event


def _storable(text: str) -> str:
    """Neither JSON nor PostgreSQL takes half a surrogate pair, and PostgreSQL no NUL; models have sent both."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()
