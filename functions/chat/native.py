"""Sluice's own stream: each event of an answer as a JSON object with a `type`; text also under the key `text`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict

from sluice.domain import Usage
from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    AnswerStarted,
    BudgetReached,
    SourceCited,
    SourcesFound,
    StatusChanged,
    TextAdded,
)
from sluice.sse import Payload


async def payloads(events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[Payload, None]:
    """Yield what each event says; closing it closes `events`."""
    async with aclosing(events):
        async for event in events:
            yield payload(event)


def payload(event: AnswerEvent) -> Payload:
    """Return what one event says."""
    match event:
        case AnswerStarted(conversation_id, message_id, question_id):
            ids = {"conversation_id": conversation_id, "message_id": message_id, "question_id": question_id}
            return {"type": "start", **ids}
        case StatusChanged(state, model, reason):
            return {"type": "status", "state": state, "model": model, "reason": reason}
        case SourcesFound(sources):
            return {"type": "sources", "sources": sources}
        case TextAdded(text):
            return {"type": "text", "text": text}
        case SourceCited(source):
            return {"type": "citation", **asdict(source)}
        case BudgetReached():
            return {"type": "status", "state": "budget_reached", "model": None, "reason": "budget"}
        case AnswerFailed():
            return {"type": "error", **_known(event)}
        case AnswerDone(finish_reason, model, usage, timing):
            return {
                "type": "done",
                "finish_reason": finish_reason,
                "model": model,
                "usage": _known(usage),
                "timing": timing,
            }


def _known(fields: Usage | AnswerFailed) -> Payload:
    """What is not known is left out rather than null or, worse, 0."""
    return {name: value for name, value in asdict(fields).items() if value is not None}
