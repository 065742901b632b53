"""What happens while Sluice answers a question or ingests a document, in the order that it happens.

One stream of events per use case; each wire protocol is an encoder of these and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sluice.domain import Document, Source, Usage


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """The first event. `message_id` is the answer's.

    `question_id` is missing where an answer is made again and the database has not said yet to which question.
    """

    conversation_id: UUID
    message_id: UUID
    question_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Why nothing flows for the moment: `database_waking`, `retrying` (the same model), `fallback` (to `model`).

    Or what is not as it should be: `unranked`, since the passages are in the order of the search alone.
    `reason` is the code of the error that led to it.
    """

    state: str
    model: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """What the answer may cite; comes before the first text."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TextAdded:
    text: str


@dataclass(frozen=True, slots=True)
class SourceCited:
    """The text so far cites this source for the first time."""

    source: Source


@dataclass(frozen=True, slots=True)
class BudgetReached:
    """The caller's budget of tokens or money has ended the answer here; `AnswerDone` follows."""


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The last event of an answer that could not be finished; what was sent stands and is kept.

    `retry_after` is in seconds, where whoever failed said when to come back.
    """

    code: str
    message: str
    retryable: bool
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The last event of an answer. `timing` holds milliseconds from the request to each stage."""

    finish_reason: str
    model: str
    usage: Usage
    timing: Mapping[str, float]


AnswerEvent = (
    AnswerStarted | StatusChanged | SourcesFound | TextAdded | SourceCited | BudgetReached | AnswerFailed | AnswerDone
)


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """A step that ingestion has reached: `received`, `parsed`, `chunked`, `embedded` (`done` of `total`), `stored`."""

    step: str
    document_id: UUID
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class IngestEnded:
    """The document is `ready` or `failed`."""

    document: Document


IngestEvent = IngestProgress | IngestEnded
