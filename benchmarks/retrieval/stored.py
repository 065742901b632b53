"""The chunks of a corpus in the tables of both ways."""

from __future__ import annotations

import time
from uuid import UUID, uuid5

import psycopg
from psycopg.types.numeric import Int4

from benchmarks.retrieval.server import say
from benchmarks.synthetic import Corpus
from sluice import sql
from sluice.adapters.postgres import indexes
from sluice.adapters.postgres.migrations import migrate
from sluice.adapters.postgres.vectors import HalfVector
from sluice.domain import Caller
from sluice.holding import SIGNS, WHOLE

CALLER = Caller("benchmark")
MODEL = "benchmark/synthetic"
_DOCUMENT, _VERSION, _NAMES = UUID(int=1), UUID(int=2), UUID(int=3)
_PLAIN = "create index plain_by_embedding on plain using hnsw (embedding vector_cosine_ops)"


class Stored:
    """Stores and indexes the chunks unless the database has them; `facts` tells what that took.

    `finer` are options of our index, as `m = 24, ef_construction = 128`, in place of pgvector's; `held` is
    what it holds of each vector.
    """

    def __init__(
        self, url: str, corpus: Corpus, *, with_plain: bool = True, finer: str = "", held: str = WHOLE
    ) -> None:
        self._url = url
        self._corpus = corpus
        self._with_plain = with_plain
        self._held = held
        ours = f"create index chunk_by_embedding {indexes.over('embedding', held, corpus.dimension)}"
        self._ours = f"{ours} with ({finer})" if finer else ours
        self.facts: dict[str, object] = {}

    def store(self) -> None:
        """Store and index what is missing."""
        migrate(self._url, model=MODEL, dimension=self._corpus.dimension)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("set statement_timeout = 0")
            if connection.execute("select from document limit 1").fetchone() is None:
                self._load(connection)
            self._drop_another_index(connection)
            self._index(connection)
            connection.execute("select sluice_follow_index()")

    def _drop_another_index(self, connection: psycopg.Connection) -> None:
        """The index of a server that is kept may hold something else."""
        held = connection.execute("select sluice_index_holds(to_regclass('chunk_by_embedding'))").fetchone()
        if held != (self._held,):
            connection.execute("drop index if exists chunk_by_embedding")

    def _load(self, connection: psycopg.Connection) -> None:
        """Copy the chunks in, then make both ways' tables of them."""
        connection.execute("drop index chunk_by_embedding, chunk_by_lexeme")
        self._stage(connection)
        self._fill_ours(connection)
        if self._with_plain:
            column = f"embedding vector({self._corpus.dimension})"
            connection.execute(f"create table plain (id integer primary key, content text, {column})")
            connection.execute("insert into plain select n, content, embedding::vector from staged")
        connection.execute("drop table staged")

    def _stage(self, connection: psycopg.Connection) -> None:
        column = f"embedding halfvec({self._corpus.dimension})"
        connection.execute(f"create table staged (n integer, id uuid, content text, {column})")
        with connection.cursor() as cursor, cursor.copy("copy staged from stdin (format binary)") as copy:
            for start, vectors, texts in self._corpus.blocks():
                for at, (vector, text) in enumerate(zip(vectors.tolist(), texts, strict=True), start=start):
                    copy.write_row((Int4(at), uuid5(_NAMES, str(at)), text, HalfVector(vector)))
                say(f"copied {start + len(texts)} of {self._corpus.size}")

    def _fill_ours(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "insert into document (id, tenant, collection, source, title, status, version) "
            "values (%s, %s, 'default', 's3://b/k', 't', 'ready', %s)",
            [_DOCUMENT, CALLER.tenant, _VERSION],
        )
        connection.execute("insert into spoken_language values (%s, 'english')", [CALLER.tenant])
        say("computing the words' weights")
        began = time.perf_counter()
        connection.execute(
            "insert into chunk (id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset, "
            "page, lexemes, term_weights, embedding) "
            "select id, %s, %s, %s, n, id, content, 0, length(content), n, lexemes, "
            "sluice_term_weights(lexemes, %s), embedding "
            "from (select *, sluice_lexemes('english', content) as lexemes from staged) as read",
            [CALLER.tenant, _DOCUMENT, _VERSION, self._corpus.words],
        )
        connection.execute(sql.query("documents", "fold_lexeme_changes"), {"tenant": CALLER.tenant, "most": 0})
        self.facts["chunks_per_second_stored_without_index"] = round(self._corpus.size / (time.perf_counter() - began))

    def _index(self, connection: psycopg.Connection) -> None:
        connection.execute("create index if not exists chunk_by_lexeme on chunk using gin (lexemes)")
        indexes = {"chunk_by_embedding": self._ours} | ({"plain_by_embedding": _PLAIN} if self._with_plain else {})
        for name, statement in indexes.items():
            if connection.execute("select to_regclass(%s)", [name]).fetchone() == (None,):
                say(f"building {name}")
                connection.execute(f"set maintenance_work_mem = '{self._megabytes(name)}MB'")
                began = time.perf_counter()
                connection.execute(statement)
                self.facts[f"{name}_build_seconds"] = round(time.perf_counter() - began, 1)
            [size] = connection.execute("select pg_relation_size(%s::regclass)", [name]).fetchone() or [0]
            self.facts[f"{name}_bytes"] = size
        connection.execute("vacuum analyze")

    def _megabytes(self, index: str) -> int:
        """Return what building in memory takes, and not much more: the server sets all of it aside."""
        numbers = int(self._held) if self._held.isdigit() else self._corpus.dimension
        held = numbers // 8 if self._held == SIGNS else 2 * numbers
        each = 1_000 + (4 * self._corpus.dimension if index.startswith("plain") else held)
        return 256 + self._corpus.size * each // 1_000_000
