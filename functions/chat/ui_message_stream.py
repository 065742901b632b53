"""The Vercel AI SDK's UI message stream, version 1: the events of an answer as its parts.

Reference: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. The passages come as source documents; `text-end` carries
the citations by character range, which version 7 of the SDK reads and older ones leave alone.
"""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any

from functions.chat.links import Links
from functions.chat.spoken import Cited, Spoken
from sluice.domain import Source
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
from sluice.sse import HEADERS as SSE_HEADERS
from sluice.sse import Payload

HEADERS = {**SSE_HEADERS, "x-vercel-ai-ui-message-stream": "v1"}

_FINISH_REASONS = {"stop": "stop", "length": "length", "content_filter": "content-filter"}
_TEXT = "text"


@dataclass(slots=True)
class UiMessage:
    """One message in the making."""

    links: Links
    spoken: Spoken = field(default_factory=Spoken)

    async def parts(self, events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[Payload, None]:
        """Yield the parts of the stream; closing it closes `events`."""
        async with aclosing(events):
            async for event in events:
                for part in self._encode(event):
                    yield part

    def _encode(self, event: AnswerEvent) -> list[Payload]:
        match event:
            case AnswerStarted(conversation_id, message_id):
                metadata = {"conversation_id": conversation_id}
                start = {"type": "start", "messageId": message_id, "messageMetadata": metadata}
                return [start, {"type": "start-step"}]
            case StatusChanged():
                return [_status(**asdict(event))]
            case BudgetReached():
                return [_status(state="budget_reached", model=None, reason="budget")]
            case SourcesFound(sources):
                return [self._source(source) for source in sources]
            case TextAdded(text):
                return self._text(text)
            case SourceCited(source):
                self.spoken.cite(source)
                return [{"type": "data-citation", "id": f"citation-{source.id}", "data": asdict(source)}]
            case AnswerFailed(code, message, retryable, retry_after):
                data = {"code": code, "retryable": retryable, **({"retry_after": retry_after} if retry_after else {})}
                told = {"type": "data-error", "data": data, "transient": True}
                return [*self._end_of_text(), told, {"type": "error", "errorText": message}]
            case AnswerDone():
                return [*self._end_of_text(), {"type": "finish-step"}, _finish(event)]

    def _text(self, text: str) -> list[Payload]:
        start = [] if self.spoken.pieces else [{"type": "text-start", "id": _TEXT}]
        self.spoken.pieces.append(text)
        return [*start, {"type": "text-delta", "id": _TEXT, "delta": text}]

    def _end_of_text(self) -> list[Payload]:
        if not self.spoken.pieces:
            return []
        citations = [self._citation(cited) for cited in self.spoken.cited]
        return [{"type": "text-end", "id": _TEXT, **({"citations": citations} if citations else {})}]

    def _source(self, source: Source) -> Payload:
        """Page, score and link are not among the protocol's own fields."""
        ours = {**asdict(source), "url": self.links.to(source)}
        return {"type": "source-document", **_document(source), "providerMetadata": {"sluice": _plain(ours)}}

    def _citation(self, cited: Cited) -> dict[str, Any]:
        document = _document(cited.source)
        named = {"type": "source", "sourceType": "document", "id": document.pop("sourceId"), **document}
        place = {"startIndex": cited.start, "endIndex": cited.end}
        return {"source": named, **place, "citedText": cited.source.quote}


def _document(source: Source) -> dict[str, str]:
    filename = source.source.rpartition("/")[2]
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return {"sourceId": str(source.id), "mediaType": kind, "title": source.title, "filename": filename}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name == "document_id" else value for name, value in values.items()}


def _status(**data: Any) -> Payload:
    return {"type": "data-status", "data": data, "transient": True}


def _finish(done: AnswerDone) -> Payload:
    """What this protocol has no word for is `other`; the metadata has the word."""
    usage = {name: value for name, value in asdict(done.usage).items() if value is not None}
    told = {"finish_reason": done.finish_reason, "model": done.model, "usage": usage, "timing": dict(done.timing)}
    return {
        "type": "finish",
        "finishReason": _FINISH_REASONS.get(done.finish_reason, "other"),
        "messageMetadata": told,
    }
