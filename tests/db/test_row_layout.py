"""How rows of chunks are laid out: what ranks them is read with them."""

from __future__ import annotations

import psycopg
import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import uuid7

_STORAGE = (
    "select attname, attstorage from pg_attribute where attrelid = 'chunk'::regclass "
    "and attname in ('embedding', 'embedding_other', 'term_weights') order by attname"
)


@pytest.mark.parametrize(("dimension", "target"), [(32, 2040), (384, 2720), (768, 4080), (1536, 8160), (3072, 8160)])
def test_a_page_holds_as_many_rows_as_their_vectors_leave_room_for(
    postgres: Postgres, dimension: int, target: int
) -> None:
    """Four, three, two, or one; the searched vector and the weights are the last to be laid apart."""
    name = f"layout_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model="test/long", dimension=dimension)
    with psycopg.connect(url) as connection:
        options = connection.execute("select reloptions from pg_class where oid = 'chunk'::regclass").fetchall()
        storage = connection.execute(_STORAGE).fetchall()
    postgres.drop_database(name)

    assert (options, storage) == (
        [([f"toast_tuple_target={target}"],)],
        [("embedding", "m"), ("embedding_other", "e"), ("term_weights", "m")],
    )
