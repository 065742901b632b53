"""The counts of words, which writers append to and the end of a document adds up."""

from __future__ import annotations

import pytest

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.domain import Caller, Chunk, EmbeddingUsage, ObjectRef
from sluice.ports import Embeddings, Summary
from tests.conftest import DIMENSION, EMBEDDING_MODEL

CALLER = Caller()
# Six of two words each, in two statements.
CONTENTS = ["whales sing", "whales dive", "tides rise"]
COUNTED = [
    {"lexeme": "", "chunks": 6, "positions": 12}, {"lexeme": "dive", "chunks": 2, "positions": 2},
    {"lexeme": "rise", "chunks": 2, "positions": 2}, {"lexeme": "sing", "chunks": 2, "positions": 2},
    {"lexeme": "tides", "chunks": 2, "positions": 2}, {"lexeme": "whales", "chunks": 4, "positions": 4},
]  # fmt: skip


@pytest.mark.parametrize(("most", "folded"), [(11, COUNTED), (12, [])])
async def test_counts_are_added_up_once_they_are_many(
    database: Database, most: int, folded: list[dict[str, object]]
) -> None:
    """As many as the words of the statements that appended them."""
    documents = PostgresDocuments(database)
    for name in ("a.txt", "b.txt"):
        claim = await documents.claim(CALLER, ObjectRef("documents", name, "etag"), lease_seconds=60)
        assert claim
        chunks = [Chunk(number, text, 0, len(text)) for number, text in enumerate(CONTENTS)]
        embeddings = Embeddings([[1.0] + [0.0] * (DIMENSION - 1)] * 3, EmbeddingUsage(), EMBEDDING_MODEL)
        await documents.stage(claim, chunks, embeddings)
        await documents.publish(claim, Summary("text", 3))

    await database.fetch(sql.query("documents", "fold_lexeme_changes"), {"tenant": CALLER.tenant, "most": most})

    counts = "select lexeme, chunks, positions from lexeme_count order by lexeme"
    assert await database.fetch(counts) == folded
    left = "select count(*) as rows from lexeme_change"
    assert await database.fetch(left) == [{"rows": 0 if folded else 12}]
