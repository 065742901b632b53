"""A tenant that has one of everything, and a stranger who knows all its ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Connection, Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.feedback import PostgresFeedback
from sluice.domain import Caller, Chunk, Claim, EmbeddingUsage, Message, ObjectRef, Role, Turn, uuid7
from sluice.events import TextAdded
from sluice.ports import Embedder, Embeddings, Summary

VICTIM, STRANGER = Caller("acme", "ann"), Caller("other", "mallory")
SECRET = "kxqz"
"""Stands in everything that the victim has."""

# Tables whose rows belong to a tenant: by a column of that name, or by the table that they hang on.
TABLES = (
    "document", "chunk", "conversation", "message", "answer_event", "feedback", "api_key", "lexeme_count",
    "lexeme_change", "spoken_language",
)  # fmt: skip

_HANGING: dict[str, LiteralString] = {
    "message": "conversation_id in (select id from conversation where tenant = %(tenant)s)",
    "answer_event": (
        "message_id in (select message.id from message join conversation on conversation.id = conversation_id "
        "where tenant = %(tenant)s)"
    ),
}


@dataclass(frozen=True, slots=True)
class Belongings:
    """What the victim has: documents in every state, a conversation that goes on and one that was rated."""

    document: UUID
    claim: Claim
    staged: UUID
    pending: UUID
    conversation: UUID
    answer: UUID
    over: UUID
    finished: UUID

    @property
    def secrets(self) -> list[str]:
        """What nobody else may see."""
        ids = (
            self.document,
            self.claim.document.id,
            self.staged,
            self.pending,
            self.conversation,
            self.answer,
            self.over,
            self.finished,
        )
        return [SECRET, *map(str, ids)]


async def settle(database: Database, embedder: Embedder) -> Belongings:
    """Give the victim all that it has."""
    documents, conversations = PostgresDocuments(database), PostgresConversations(database)
    ready = await documents.finish(await _publish(documents, embedder, "ready"))
    pending = await documents.register(VICTIM, ObjectRef("b", "pending.txt", "1"))
    await documents.bury(VICTIM, ObjectRef("b", "deleted.txt", sequencer="1"))
    open_turn = await _ask(conversations, finish_reason=None)
    finished = await _ask(conversations, finish_reason="stop")
    await PostgresFeedback(database).rate(VICTIM, finished.answer_id, rating=1, comment=SECRET)
    return Belongings(
        document=ready.id,
        claim=await _publish(documents, embedder, "published"),
        staged=(await _stage(documents, embedder, "staged")).document.id,
        pending=pending.id,
        conversation=open_turn.conversation_id,
        answer=open_turn.answer_id,
        over=finished.conversation_id,
        finished=finished.answer_id,
    )


async def _stage(documents: PostgresDocuments, embedder: Embedder, name: str) -> Claim:
    chunk = Chunk(0, f"{SECRET} whales", 0, 9)
    vectors = await embedder.embed([chunk.content], purpose="document")
    claim = await documents.claim(VICTIM, ObjectRef("b", f"{name}.txt", "1"), lease_seconds=60)
    assert claim
    await documents.stage(claim, [chunk], Embeddings(vectors, EmbeddingUsage(), embedder.model))
    return claim


async def _publish(documents: PostgresDocuments, embedder: Embedder, name: str) -> Claim:
    claim = await _stage(documents, embedder, name)
    await documents.publish(claim, Summary("text", 1, SECRET))
    return claim


async def _ask(conversations: PostgresConversations, *, finish_reason: str | None) -> Turn:
    turn = Turn(uuid7(), uuid7(), uuid7(), text=SECRET, model="m", title=SECRET, may_begin=True)
    await conversations.begin(VICTIM, turn, messages=10, characters=100)
    answer = Message(turn.answer_id, Role.ASSISTANT, SECRET, model="m", finish_reason=finish_reason)
    await conversations.save(VICTIM, answer, first=1, events=[TextAdded(SECRET)])
    return turn


async def digests(connection: Connection) -> list[dict[str, Any]]:
    """Return a digest of all that is the victim's, table by table: it changes whenever any of that does."""
    statement = sql.SQL(" union all ").join(map(_digest, TABLES))
    return await (await connection.execute(statement, {"tenant": VICTIM.tenant})).fetchall()


def _digest(table: str) -> sql.Composed:
    theirs = _HANGING.get(table, "tenant = %(tenant)s")
    text = "select {} as name, md5(string_agg(t::text, '|' order by t::text)) as digest from {} as t where "
    return sql.SQL(text).format(table, sql.Identifier(table)) + sql.SQL(theirs)
