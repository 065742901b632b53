"""Every named query, run with another tenant's ids: it returns nothing of theirs and changes nothing of theirs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from sluice import sql
from sluice.adapters.postgres.database import Connection, Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, Chunk, Filter, Search, uuid7
from sluice.testing.models import HashEmbedder
from tests.access.tenants import SECRET, STRANGER, TABLES, VICTIM, Belongings, digests, settle
from tests.conftest import DIMENSION, EMBEDDING_MODEL

VARIANTS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "conversations.begin_turn": [{"at_tip": False}, {"may_begin": False}],
}
"""Other ways of asking the same."""

EVERYBODYS = {
    "documents.page_documents": "compares the whole bucket with the whole database",
    "documents.forget_tombstones": "drops what is left of deleted documents, by their age",
    "embeddings.count_chunks": "the operator's: a change of the model is one of the whole database",
    "embeddings.page_chunks": "the operator's",
    "embeddings.fill_other_embeddings": "the operator's",
    "embeddings.embedding_index_options": "asks for the index",
    "embeddings.other_index": "asks for the index",
    "keys.find_key": "it is by its key that a caller's tenant becomes known",
    "keys.list_keys": "the operator's",
    "keys.revoke_key": "the operator's",
}
"""Queries on those tables that serve no caller, and why."""


EachEffect = Callable[[Caller], Awaitable[dict[str, "Effect"]]]


class Query(NamedTuple):
    """A named query."""

    file: str
    name: str
    text: LiteralString

    @property
    def key(self) -> str:
        return f"{self.file}.{self.name}"

    @property
    def parameters(self) -> set[str]:
        return set(re.findall(r"%\((\w+)\)s", self.text))

    @property
    def is_on_a_tenants_table(self) -> bool:
        return bool(re.search(rf"\b(?:from|join|into|update|using)\s+(?:{'|'.join(TABLES)})\b", self.text))


def queries() -> list[Query]:
    """Return every named query of every file."""
    found = []
    for file in sorted(sql.FOLDER.glob("*.sql")):
        names = re.findall(r"^-- name: (\w+)$", file.read_text(), re.MULTILINE)
        found += [Query(file.stem, name, sql.query(file.stem, name)) for name in names]
    return found


def callers_queries() -> list[Query]:
    return [query for query in queries() if query.is_on_a_tenants_table and query.key not in EVERYBODYS]


@dataclass
class World:
    """A database in which a victim has its belongings."""

    database: Database
    belongings: Belongings

    def given(self, query: Query, caller: Caller) -> dict[str, Any]:
        """Return the parameters of a query: the caller's name, ids of the victim, null for what is not known."""
        known = self._known() | {"tenant": caller.tenant, "owner": caller.user} | self._of(query)
        return {name: known.get(name) for name in query.parameters}

    def prepared(self, query: Query, caller: Caller) -> tuple[LiteralString, dict[str, Any]]:
        """Return the statement and its parameters; a search is put together as it is for every caller."""
        if query.file != "search":
            return query.text, self.given(query, caller)
        passages = PostgresPassages(self.database, model=EMBEDDING_MODEL)
        where, vector = Filter(document_ids=(self.belongings.document,)), [1.0] * DIMENSION
        sought = Search(caller, SECRET, 5, where)
        search = passages.plan(sought, vector)
        ahead = passages.plan_look_up(sought)
        planned = ahead if ahead and query.name == "seen" else search
        return planned.statement, planned.parameters

    def _of(self, query: Query) -> dict[str, Any]:
        """What a name means in one file or query only."""
        if query.file == "conversations":
            return {"id": self.belongings.answer}
        meanings: dict[str, dict[str, Any]] = {
            "documents.claim_document": {"source": "s3://b/pending.txt", "claim": uuid7()},
            "documents.register_document": {"id": uuid7()},
            "documents.dig_grave": {"id": uuid7()},
            "documents.replace_tombstone": {"id": uuid7(), "source": "s3://b/deleted.txt"},
            "documents.get_document": {"id": self.belongings.document},
            "documents.label_document": {"id": self.belongings.document, "was": "1", "now": "2"},
            "documents.lock_document": {"id": self.belongings.document},
            "documents.entomb_document": {"id": self.belongings.document},
            "documents.delete_chunks": {"id": self.belongings.document},
            "documents.delete_other_chunks": {"chunks": 0},
            "documents.delete_staged_chunks": {"id": self.belongings.staged},
            "documents.insert_chunks": {
                "version": uuid7(),
                "pages": [1],
                "model": EMBEDDING_MODEL,
                "dimension": DIMENSION,
            },
            "documents.reuse_chunks": {"pages": [1]},
            "feedback.rate": {"message_id": self.belongings.finished},
            "feedback.page_of_feedback": {"after": datetime(2020, 1, 1, tzinfo=UTC), "after_id": UUID(int=0)},
            "keys.add_key": {"id": "new"},
        }
        return meanings.get(query.key, {})

    def _known(self) -> dict[str, Any]:
        has = self.belongings
        chunk = Chunk(0, f"{SECRET} whales", 0, 9)
        return {
            # documents and chunks
            "id": has.claim.document.id, "claim": has.claim.token, "version": has.claim.version,
            "document_id": has.claim.document.id, "source": "s3://b/ready.txt", "collection": "default",
            "lease_seconds": 60, "etag": "new", "size": 1, "sequencer": "", "written_at": None, "again": True,
            "step": "embedded", "done": 1, "total": 1, "pages": 1, "pages_without_text": 0, "tokens": 1, "cost": 0.0,
            "kind": "text", "chunks": 1, "code": "x", "reason": "x", "most": -1, "ids": [uuid7()], "ordinals": [7],
            "digests": [chunk.digest], "starts": [0], "ends": [9], "contents": [chunk.content], "headings": [None],
            "languages": ["english"], "embeddings": [f"[{','.join(['1'] * DIMENSION)}]"], "others": [None],
            # conversations
            "conversation_id": has.conversation, "message_id": has.answer, "question_id": uuid7(),
            "answer_id": uuid7(), "parent_id": has.answer, "at_tip": True, "may_begin": True, "text": "hello",
            "title": "hello", "messages": 10, "characters": 1_000, "content": "hello", "citations": Jsonb([]),
            "sources": Jsonb([]), "model": "m", "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1,
            "first": 5, "last": 5, "events": "[]", "horizon": UUID(int=0), "after": 0, "dead_after": 60.0, "limit": 10,
            "search": None, "after_time": None, "after_id": None, "by": "user", "order": ["question", "model", "user"],
            # feedback and keys
            "rating": 1, "comment": None, "after_owner": "", "name": "key", "digest": b"", "scopes": ["ask"],
            "allowance": Jsonb({}), "metadata": Jsonb({}), "expires_at": None, "seconds": 0,
        }  # fmt: skip


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await settle(database, HashEmbedder(DIMENSION, EMBEDDING_MODEL)))


class Undone(Exception):
    """Rolls a transaction back."""


@dataclass
class Effect:
    """What a query returned, in words, and whether anything of the victim's is different afterwards."""

    rows: str = ""
    changed: bool = False


async def effect(world: World, query: Query, caller: Caller, variant: Mapping[str, object]) -> Effect:
    """Run a query for a caller and undo it."""
    statement, parameters = world.prepared(query, caller)
    seen = Effect()

    async def work(connection: Connection) -> None:
        before = await digests(connection)
        cursor = await connection.execute(statement, {**parameters, **variant})
        seen.rows = repr(await cursor.fetchall()) if cursor.description else ""
        seen.changed = await digests(connection) != before
        raise Undone

    with suppress(Undone):
        await world.database.transact(work)
    return seen


@pytest.fixture
def each_effect(world: World) -> EachEffect:
    """Run every query that serves a caller, in all its variants."""

    async def run(caller: Caller) -> dict[str, Effect]:
        return {
            f"{query.key} {dict(variant)}": await effect(world, query, caller, variant)
            for query in callers_queries()
            for variant in ({}, *VARIANTS.get(query.key, ()))
        }

    return run


async def test_a_stranger_gets_and_changes_nothing(world: World, each_effect: EachEffect) -> None:
    """With the ids of everything that somebody else has."""
    effects = await each_effect(STRANGER)

    leaks = {
        key: seen for key, seen in effects.items() if any(secret in seen.rows for secret in world.belongings.secrets)
    }
    assert leaks == {}
    assert [key for key, seen in effects.items() if seen.changed] == []


async def test_the_same_queries_serve_whoever_the_ids_belong_to(each_effect: EachEffect) -> None:
    """Else the test above would prove nothing."""
    strangers, own = await each_effect(STRANGER), await each_effect(VICTIM)

    assert [key for key, seen in own.items() if not seen.changed and seen.rows == strangers[key].rows] == []


def test_every_query_of_a_caller_names_its_tenant() -> None:
    """Whoever writes one without has to write down here why."""
    assert [
        query.key for query in callers_queries() if not re.search(r"%\(tenant\)s|\$\{(?:visible|seen)\}", query.text)
    ] == []


def test_each_exception_is_still_needed() -> None:
    """A query that is gone, or has a tenant by now, is none."""
    known = {query.key: query for query in queries()}

    assert sorted(EVERYBODYS.keys() - known.keys()) == []
    assert [key for key in EVERYBODYS if "tenant" in known[key].parameters] == []


async def test_the_tables_of_tenants_are_all_known(database: Database) -> None:
    """A new table with a tenant, or one that hangs on such a table, joins the walk."""
    rows = await database.fetch(
        """
        select distinct table_name as name from information_schema.columns
        where table_schema = 'public' and column_name = 'tenant'
        union
        select conrelid::regclass::text from pg_constraint where contype = 'f'
        """
    )

    assert {row["name"] for row in rows} == set(TABLES)
