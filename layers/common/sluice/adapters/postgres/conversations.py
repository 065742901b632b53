"""Conversations on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres.database import Connection, Database
from sluice.domain import Caller, Conversation, Message, Role, Source, Usage
from sluice.errors import ConversationNotFound


class PostgresConversations:
    """The `ConversationStore` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, caller: Caller, conversation_id: UUID, *, last: int) -> Conversation:
        """Return the conversation with its `last` messages, in one round trip."""
        rows = await self._database.fetch(
            sql.query("conversations", "load_conversation"),
            {"id": conversation_id, "tenant": caller.tenant, "last": last},
        )
        if not rows:
            raise ConversationNotFound
        return Conversation(
            id=conversation_id,
            title=rows[0]["title"],
            messages=tuple(_message(row) for row in rows if row["id"]),
            created_at=rows[0]["begun_at"],
            updated_at=rows[0]["updated_at"],
        )

    async def append(self, caller: Caller, conversation_id: UUID, title: str, messages: Sequence[Message]) -> None:
        """Add messages in one transaction; repeating it adds nothing. Another tenant's conversation is not found."""

        async def work(connection: Connection) -> None:
            begun = await connection.execute(
                sql.query("conversations", "begin_conversation"),
                {"id": conversation_id, "tenant": caller.tenant, "title": title},
            )
            if await begun.fetchone() is None:
                raise ConversationNotFound
            async with connection.cursor() as cursor:
                await cursor.executemany(
                    sql.query("conversations", "append_message"),
                    [{"conversation_id": conversation_id, **_row(message)} for message in messages],
                )

        await self._database.transact(work)


def _row(message: Message) -> dict[str, Any]:
    usage = message.usage
    return {
        "id": message.id,
        "role": message.role.value,
        "content": message.content,
        "citations": Jsonb([asdict(source) | {"document_id": str(source.document_id)} for source in message.citations]),
        "model": message.model,
        "finish_reason": message.finish_reason,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
    }


def _message(row: DictRow) -> Message:
    counted = row["prompt_tokens"] is not None
    return Message(
        id=row["id"],
        role=Role(row["role"]),
        content=row["content"],
        citations=tuple(Source(**source | {"document_id": UUID(source["document_id"])}) for source in row["citations"]),
        model=row["model"],
        finish_reason=row["finish_reason"],
        usage=Usage(row["prompt_tokens"], row["completion_tokens"]) if counted else None,
        created_at=row["created_at"],
    )
