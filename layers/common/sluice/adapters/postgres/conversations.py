"""Conversations on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres import event_records
from sluice.adapters.postgres.database import Database
from sluice.domain import INTERRUPTED, Caller, Conversation, Message, Regeneration, Role, Source, TitledBy, Turn, Usage
from sluice.errors import ConversationNotFound, MessageNotFound
from sluice.events import AnswerEvent
from sluice.ports import Recorded

MOST_MESSAGES = 2_000
KEEP_EVENTS_SECONDS = 3_600
DEAD_AFTER_SECONDS = 15.0
SIGN_SHARE = 0.2
"""Of the time after which an answer counts as interrupted: how old its last sign may become before the next."""


class PostgresConversations:
    """The `ConversationStore` on PostgreSQL.

    An answer that is not finished and gave no sign for `dead_after` seconds counts as interrupted.
    """

    def __init__(self, database: Database, *, dead_after: float = DEAD_AFTER_SECONDS) -> None:
        self._database = database
        self._dead_after = dead_after

    async def begin(self, caller: Caller, turn: Turn, *, messages: int, characters: int) -> list[Message]:
        """Keep question and answer and read the path before them, in one round trip."""
        limits = {"messages": messages, "characters": characters}
        return _path(await self._fetch("begin_turn", caller, **_fields(turn), **limits))

    async def begin_again(
        self, caller: Caller, regeneration: Regeneration, *, messages: int, characters: int
    ) -> list[Message]:
        """Keep another answer and read the path to its question, in one round trip."""
        limits = {"messages": messages, "characters": characters}
        return _path(await self._fetch("begin_again", caller, **_fields(regeneration), **limits))

    async def save(
        self, caller: Caller, answer: Message, *, first: int = 0, events: Sequence[AnswerEvent] = ()
    ) -> bool:
        """Keep the answer as it stands with its next events, in one round trip."""
        rows = await self._fetch(
            "save_answer",
            caller,
            **_row(answer),
            first=first,
            last=first + len(events) - 1,
            events=event_records.dumps(events) if events else None,
            horizon=_horizon(),
        )
        return bool(rows) and not rows[0]["stop_requested"]

    async def keep_alive(self, caller: Caller, message_id: UUID) -> bool:
        """Read whether the answer is wanted; the sign is written while the last one is still far from too old."""
        rows = await self._fetch("keep_alive", caller, id=message_id, sign_after=self._dead_after * SIGN_SHARE)
        return bool(rows) and not rows[0]["stop_requested"]

    async def recorded(self, caller: Caller, conversation_id: UUID, message_id: UUID, *, after: int) -> Recorded:
        """Return the answer and its events after `after`, in one round trip."""
        rows = await self._fetch(
            "recorded_events",
            caller,
            conversation_id=conversation_id,
            id=message_id,
            after=after,
            dead_after=self._dead_after,
        )
        if not rows:
            raise MessageNotFound
        events = [event for row in rows if row["events"] for event in _after(row, after)]
        return Recorded(_message(rows[0]), tuple(events), rows[0]["kept"])

    async def stop(self, caller: Caller, conversation_id: UUID) -> list[UUID]:
        """Set the flag that each save returns."""
        rows = await self._fetch("stop_answers", caller, conversation_id=conversation_id, dead_after=self._dead_after)
        return [row["id"] for row in _found(rows) if row["id"]]

    async def load(self, caller: Caller, conversation_id: UUID) -> Conversation:
        """Return the conversation with its newest 2,000 messages, in one round trip."""
        rows = await self._fetch(
            "load_conversation",
            caller,
            conversation_id=conversation_id,
            messages=MOST_MESSAGES,
            dead_after=self._dead_after,
        )
        first = _found(rows)[0]
        messages = tuple(_message(row) for row in rows if row["id"])
        return _conversation(first | {"id": conversation_id, "created_at": first["begun_at"]}, messages)

    async def page(
        self, caller: Caller, *, search: str | None = None, after: Conversation | None = None, limit: int
    ) -> list[Conversation]:
        """Return conversations, last used first."""
        rows = await self._fetch(
            "page_conversations",
            caller,
            search=search and f"%{_literally(search)}%",
            after_time=after and after.updated_at,
            after_id=after and after.id,
            limit=limit,
        )
        return [_conversation(row) for row in rows]

    async def rename(self, caller: Caller, conversation_id: UUID, title: str, *, by: TitledBy) -> None:
        """Change the title, unless the standing one is worth more."""
        order = [each.value for each in TitledBy]
        fields = {"conversation_id": conversation_id, "title": title, "by": by.value, "order": order}
        _found(await self._fetch("rename_conversation", caller, **fields))

    async def select(self, caller: Caller, conversation_id: UUID, message_id: UUID) -> None:
        """Move the tip to the newest message of the branch."""
        rows = await self._fetch("select_branch", caller, conversation_id=conversation_id, message_id=message_id)
        if not _found(rows)[0]["selected"]:
            raise MessageNotFound

    async def delete(self, caller: Caller, conversation_id: UUID) -> None:
        """Delete the conversation and all that hangs on it."""
        _found(await self._fetch("delete_conversation", caller, conversation_id=conversation_id))

    async def _fetch(self, name: str, caller: Caller, **fields: object) -> list[DictRow]:
        owner = {"tenant": caller.tenant, "owner": caller.user}
        return await self._database.fetch(sql.query("conversations", name), owner | fields)


def _fields(of: Turn | Regeneration) -> dict[str, object]:
    return asdict(of)


def _found(rows: list[DictRow]) -> list[DictRow]:
    if not rows:
        raise ConversationNotFound
    return rows


def _path(rows: list[DictRow]) -> list[Message]:
    if not rows[0]["opened"]:
        raise MessageNotFound if rows[0]["known"] else ConversationNotFound
    return [_message(row) for row in rows if row["id"]]


def _after(row: DictRow, after: int) -> list[AnswerEvent]:
    return event_records.loads(row["events"][max(0, after + 1 - row["first"]) :])


def _horizon() -> UUID:
    """Return a key as `uuid7` made them when events that are too old now were young."""
    return UUID(int=int((time.time() - KEEP_EVENTS_SECONDS) * 1000) << 80)


def _literally(text: str) -> str:
    r"""Return text for LIKE, in which `%`, `_` and `\` stand for themselves."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _row(message: Message) -> dict[str, Any]:
    usage = message.usage
    return {
        "id": message.id,
        "content": message.content,
        "citations": _jsonb(message.citations),
        "sources": _jsonb(message.sources),
        "model": message.model,
        "finish_reason": message.finish_reason,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
    }


def _jsonb(sources: Sequence[Source]) -> Jsonb:
    return Jsonb([asdict(source) | {"document_id": str(source.document_id)} for source in sources])


def _conversation(row: DictRow, messages: tuple[Message, ...] = ()) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        messages=messages,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        tip=row["tip"],
        titled_by=TitledBy(row["titled_by"]),
    )


def _message(row: DictRow) -> Message:
    counted = row["prompt_tokens"] is not None
    is_dead = row["role"] == Role.ASSISTANT and not row.get("alive", True)
    return Message(
        id=row["id"],
        role=Role(row["role"]),
        content=row["content"],
        citations=_sources(row["citations"]),
        model=row["model"],
        finish_reason=row["finish_reason"] or (INTERRUPTED if is_dead else None),
        usage=Usage(row["prompt_tokens"], row["completion_tokens"]) if counted else None,
        created_at=row["created_at"],
        parent_id=row["parent_id"],
        sources=_sources(row["sources"]),
    )


def _sources(rows: list[dict[str, Any]]) -> tuple[Source, ...]:
    return tuple(Source(**row | {"document_id": UUID(row["document_id"])}) for row in rows)
