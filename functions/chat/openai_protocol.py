"""OpenAI's chat completions: the events of an answer as its chunks, or as one completion.

Reference: https://platform.openai.com/docs/api-reference/chat. Beside it: `delta.annotations`, which clients that know
url citations read, and `event` in chunks, from which Open WebUI shows the passages. A budget that is spent is `length`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from functions.chat.links import Links
from functions.chat.openai_errors import error_body
from functions.chat.spoken import Cited, Spoken
from sluice import errors
from sluice.domain import Source, Usage
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed, AnswerStarted, SourceCited, SourcesFound, TextAdded
from sluice.metering import BUDGET
from sluice.problems import status_of
from sluice.sse import Payload

_FINISH_REASONS = {"stop": "stop", "length": "length", "content_filter": "content_filter", BUDGET: "length"}


@dataclass(slots=True)
class Completion:
    """One completion in the making."""

    model: str
    links: Links
    include_usage: bool = False
    id: str = ""
    created: int = field(default_factory=lambda: int(time.time()))
    spoken: Spoken = field(default_factory=Spoken)

    async def chunks(self, events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[Payload, None]:
        """Yield the chunks of a stream; closing it closes `events`. An error is the last of them."""
        async with aclosing(events):
            async for event in events:
                for payload in self._encode(event):
                    yield payload

    async def whole(self, events: AsyncGenerator[AnswerEvent, None]) -> Mapping[str, Any]:
        """Return the completion as one object; raise the error that ended it."""
        async with aclosing(events):
            async for event in events:
                match event:
                    case AnswerStarted(_, message_id):
                        self.id = _id(message_id)
                    case TextAdded(text):
                        self.spoken.pieces.append(text)
                    case SourceCited(source):
                        self.spoken.cite(source)
                    case AnswerFailed(code, message):
                        raise failure(code, message)
                    case AnswerDone(finish_reason, _, usage):
                        return self._whole(finish_reason, usage)
        raise errors.AnswerCutOff

    def _encode(self, event: AnswerEvent) -> list[Payload]:
        match event:
            case AnswerStarted(_, message_id):
                self.id = _id(message_id)
                return [self._chunk({"role": "assistant", "content": "", "refusal": None})]
            case SourcesFound(sources):
                return [self._chunk({}, event=_open_webui(source, self.links)) for source in sources]
            case TextAdded(text):
                self.spoken.pieces.append(text)
                return [self._chunk({"content": text})]
            case SourceCited(source):
                # By the place in the list OpenAI's Python client puts lists in pieces together; without one it fails.
                note = {"index": len(self.spoken.cited), **self._annotation(self.spoken.cite(source))}
                return [self._chunk({"annotations": [note]})]
            case AnswerFailed(code, message):
                return [error_body(code, message, status_of(failure(code, message)))]
            case AnswerDone(finish_reason, _, usage):
                end = self._chunk({}, finish_reason=_FINISH_REASONS.get(finish_reason, "stop"))
                return [end, self._usage(usage)] if self.include_usage else [end]
        return []

    def _chunk(self, delta: dict[str, Any], *, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self.include_usage else {}
        return {**self._head("chat.completion.chunk"), "choices": [choice], **usage, **more}

    def _usage(self, usage: Usage) -> dict[str, Any]:
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(usage)}

    def _whole(self, finish_reason: str, usage: Usage) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": self.spoken.text,
            "refusal": None,
            "annotations": [self._annotation(cited) for cited in self.spoken.cited],
        }
        reason = _FINISH_REASONS.get(finish_reason, "stop")
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": _usage(usage)}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _annotation(self, cited: Cited) -> dict[str, Any]:
        place = {"start_index": cited.start, "end_index": cited.end}
        citation = {**place, "url": self.links.to(cited.source), "title": _title(cited.source)}
        return {"type": "url_citation", "url_citation": citation}


def failure(code: str, message: str) -> errors.SluiceError:
    """Return the error of ours that has this code."""
    kinds = [errors.SluiceError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return next((kind for kind in kinds if kind.code == code), errors.SluiceError)(message)


def _id(message_id: UUID) -> str:
    return f"chatcmpl-{message_id.hex}"


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.tokens,
    }


def _title(source: Source) -> str:
    return f"{source.title}, page {source.page}" if source.page else source.title


def _open_webui(source: Source, links: Links) -> dict[str, Any]:
    """A passage as Open WebUI shows it; it groups passages by their address and counts them in order of arrival."""
    url, name = links.to(source), _title(source)
    shown = {"source": {"name": name, "url": url}, "document": [source.quote]}
    return {"type": "source", "data": {**shown, "metadata": [{"source": url, "name": name}]}}
